import type { DownloadLimits } from "../download-limits.ts";

/** What decides how much to ask one route for next. */
export interface RunChoice {
  /** True when the route's last request failed. */
  readonly failing: boolean;
  /** Bytes per second of this route, and of all that deliver; undefined when not yet measured. */
  readonly rate: number | undefined;
  readonly rateOfAll: number;
  readonly latencyMs: number;
  /** Bytes of this route's previous run; 0 before the first. */
  readonly lastLength: number;
  readonly freeLength: number;
}

const growthMax = 8; // from one run to the next: one lucky measure must not fill a slow route
const tailMs = 100; // near the end, runs get no shorter than this, or than a round trip

/**
 * How many bytes the next run should have: about `runMs` of this route's rate, and near the end
 * no more than half of its share of what is left, so that all routes end together.
 */
export function runLength(choice: RunChoice, limits: DownloadLimits): number {
  const { rate, rateOfAll, lastLength, freeLength } = choice;
  if (choice.failing) return 1; // one chunk shows whether it is back
  if (rate === undefined) return limits.firstRunLength;
  const busy = (rate * limits.runMs) / 1000 / limits.lanesPerRoute;
  const grown = Math.max(lastLength, limits.firstRunLength) * growthMax;
  const share = rateOfAll > rate ? rate / rateOfAll : 1;
  const least = (rate * Math.max(tailMs, choice.latencyMs)) / 1000;
  const tail = Math.max((freeLength * share) / 2, least);
  return Math.max(1, Math.min(busy, grown, tail, limits.runLengthMax));
}

/** A request in flight, as a route that has nothing to do looks at it. */
export interface Pending {
  /** Bytes that it still has to bring. */
  readonly length: number;
  /** Since it was asked for. */
  readonly ageMs: number;
  /** True when nothing has come for too long. */
  readonly silent: boolean;
  /** Bytes per second; undefined when not yet measured. */
  readonly rate: number | undefined;
}

/** A route that could help. */
export interface Helper {
  /** Bytes per second; undefined when not yet measured. */
  readonly rate: number | undefined;
  readonly latencyMs: number;
}

export type Help =
  | { readonly kind: "leave" }
  /** Ask for all of it as well; whoever comes second is cancelled. */
  | { readonly kind: "race" }
  /** Take over all but the first `keep` bytes. */
  | { readonly kind: "split"; readonly keep: number };

/** What a request would take if it went on alone; 0 when that cannot be told yet. */
export function remainingMs(pending: Pending): number {
  if (pending.silent) return Infinity;
  return pending.rate === undefined ? 0 : (pending.length * 1000) / pending.rate;
}

/** Decides whether a route without work should take over some of another's request. */
export function chooseHelp(pending: Pending, helper: Helper, savingMsMin: number): Help {
  if (pending.silent) return { kind: "race" };
  if (pending.rate === undefined) {
    if (helper.rate === undefined) return { kind: "leave" };
    const helperMs = helper.latencyMs + (pending.length * 1000) / helper.rate;
    // The helper alone would have been through twice by now.
    return { kind: pending.ageMs > Math.max(2 * helperMs, savingMsMin) ? "race" : "leave" };
  }
  const rate = helper.rate ?? pending.rate; // unknown: as good as the other
  const aloneMs = remainingMs(pending);
  // Both end together when the owner keeps x bytes: x / owner = latency + (length - x) / helper.
  const helped = pending.length + (helper.latencyMs * rate) / 1000;
  const keep = (helped * pending.rate) / (pending.rate + rate);
  const togetherMs = (keep * 1000) / pending.rate;
  if (aloneMs - togetherMs < savingMsMin) return { kind: "leave" };
  return { kind: "split", keep };
}
