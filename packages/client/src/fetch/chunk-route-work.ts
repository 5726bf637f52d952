import type { Random, RouteError } from "@causeway/kernel";
import type { DownloadLimits } from "../download-limits.ts";
import type { RetryBudget } from "../routes/retry-budget.ts";
import type { Route } from "../routes/route.ts";
import type { Lane } from "./chunk-lane.ts";
import { Meter } from "./chunk-meter.ts";
import type { ChunkSource } from "./chunk-source.ts";

const latencyUnknownMs = 250; // before the first answer: a far but healthy route
const roundTrips = 4; // of silence, until a piece is asked for elsewhere
/** A file that a route said it has not. */
interface Lack {
  readonly since: number;
  readonly times: number;
  /** When it may be asked for that again. */
  readonly until: number;
}

/** What one route has done, and may do, in one download. */
export class RouteWork {
  readonly route: Route;
  readonly meter = new Meter();
  readonly lanes = new Set<Lane>();
  lastLength = 0;
  readonly #sources: readonly ChunkSource[];
  readonly #limits: DownloadLimits;
  readonly #retries: RetryBudget;
  readonly #lacks = new Map<ChunkSource, Lack>();
  readonly #wasTrusted: boolean;
  #expelled = false;
  #failures = 0; // in a row, without a chunk between them
  #failing = false;
  #failedAt = Number.NEGATIVE_INFINITY;
  #heldSince: number | undefined; // since when others deliver, and it waits
  #probes = 0;
  #probe: Lane | undefined;
  #proven = false;
  #error: RouteError | undefined;

  constructor(
    route: Route,
    sources: readonly ChunkSource[],
    limits: DownloadLimits,
    retries: RetryBudget,
  ) {
    this.route = route;
    this.#wasTrusted = route.trustworthy;
    this.#sources = sources;
    this.#limits = limits;
    this.#retries = retries;
  }

  /** The best source that this route did not say it lacks; or the last, when it said so of all. */
  source(now: number): ChunkSource | undefined {
    if (this.expelled) return undefined;
    return this.#sources.find((source) => !this.#isLacking(source, now)) ?? this.#sources.at(-1);
  }

  /** True when nothing that it sends is of any worth. */
  get expelled(): boolean {
    // It may have lied where another one led to it; whoever had lied before is asked on purpose.
    return this.#expelled || (this.#wasTrusted && !this.route.trustworthy);
  }

  /** True when it will not be asked again in this download. */
  get out(): boolean {
    return this.expelled || this.#failures >= this.#limits.failuresMax;
  }

  /** True once it delivered a chunk, and has not failed since. */
  get proven(): boolean {
    return this.#proven;
  }

  /** Its last failure in this download. */
  get error(): RouteError | undefined {
    return this.#error;
  }

  get latencyMs(): number {
    return this.route.latencyMs ?? this.route.recalled.latencyMs ?? latencyUnknownMs;
  }

  /** When it may be asked next, as far as can be told now. */
  dueAt(now: number): number {
    const due = Math.max(this.route.backoff.dueAt, this.route.restUntil);
    return this.failing ? Math.max(due, now + this.#retries.waitMs(now)) : due;
  }

  /** True from a failure until a request that began after it ends well: the next is a small one. */
  get failing(): boolean {
    return this.#failing;
  }

  /** True after so many failures that, while others deliver, it is asked only now and then. */
  get doubtful(): boolean {
    return this.#failures >= this.#limits.failuresInCompany;
  }

  /** True while it has work and brings bytes, or is too young to tell. */
  delivering(now: number): boolean {
    return [...this.lanes].some((lane) => lane.silence(now) <= this.#limits.placeMs);
  }

  /** True when a lane has been silent for so long that its chunks should be had elsewhere. */
  isSilent(lane: Lane, now: number): boolean {
    const { min, max } = this.#limits.silenceMs;
    const patience = lane.answered ? this.latencyMs * roundTrips : max / 4;
    return lane.silence(now) > Math.min(max, Math.max(min, patience));
  }

  /** Whether it may be given one more request. */
  mayTake(now: number, othersDeliver: boolean): boolean {
    if (this.out || now < this.dueAt(now)) return false;
    if (this.#isHeld(now, othersDeliver)) {
      if (this.route.standing.draining || now < this.#probeDueAt(now)) return false;
    }
    if (this.lanes.size === 0) return true;
    if (!this.#proven || this.lanes.size >= this.#limits.lanesPerRoute) return false;
    // One that shows whether it is back is enough.
    if (this.failing && [...this.lanes].some((lane) => this.#isSinceFailure(lane))) return false;
    return [...this.lanes].every((lane) => !this.isSilent(lane, now));
  }

  begin(lane: Lane, length: number, now: number, othersDeliver: boolean): void {
    if (this.#isHeld(now, othersDeliver)) this.#probe = lane;
    if (this.failing) this.#retries.take(now);
    if (this.lanes.size === 0) this.meter.begin(now);
    this.lanes.add(lane);
    this.lastLength = length;
  }

  /** A chunk came: it is of use, however its request may end. */
  delivered(): void {
    this.#retries.succeeded();
    this.#proven = true;
    this.#failures = 0;
    this.#probes = 0;
    this.#heldSince = undefined;
    this.route.backoff.succeeded();
  }

  /** A request brought all that it was to bring. */
  endedWell(lane: Lane): void {
    if (this.#isSinceFailure(lane)) this.#failing = false;
  }

  end(lane: Lane, now: number): void {
    this.lanes.delete(lane);
    if (this.lanes.size === 0) this.meter.end(now);
  }

  /** Takes note of a failed request and decides whether and when the route is asked again. */
  failed(lane: Lane, error: RouteError, now: number, random: Random): void {
    this.#proven = false;
    this.#error = error;
    switch (error.code) {
      case "ROUTE_LIED":
      case "ROUTE_MISLABELLED":
      case "ROUTE_ENDLESS":
        this.#expelled = true;
        return;
      default:
        // Servers under flood say so of what they have: it is asked for again, a few times.
        if ((error.code === "ROUTE_MISSING" || error.misled) && this.#noteLack(lane, now)) return;
        // Of a bucket, or of a filter, that may be of this file alone; of the whole server, too.
        if (error.forbidden || error.astray || error.silent) this.#noteLack(lane, now);
    }
    // Requests that break together are one failure.
    if (!this.#isSinceFailure(lane)) return;
    this.#failedAt = now;
    this.#failing = true;
    if (lane === this.#probe) this.#probes++;
    // Probes are rare enough; were they counted, it would be out in the end.
    else this.#failures++;
    this.route.backoff.failed(now, this.#limits.backoffMs, random);
  }

  /** @returns whether it has another source, or had said so before */
  #noteLack({ source, startedAt }: Lane, now: number): boolean {
    const known = this.#lacks.get(source);
    const isNews = known === undefined || startedAt >= known.since;
    const times = known?.times ?? 0;
    if (isNews) {
      const until = now + this.#probeWaitMs(times);
      this.#lacks.set(source, { since: now, times: times + 1, until });
    }
    return !isNews || this.#sources.some((other) => !this.#isLacking(other, now));
  }

  #isLacking(source: ChunkSource, now: number): boolean {
    return now < (this.#lacks.get(source)?.until ?? Number.NEGATIVE_INFINITY);
  }

  #isHeld(now: number, othersDeliver: boolean): boolean {
    return othersDeliver && (this.doubtful || this.route.isAsleep(now));
  }

  #probeDueAt(now: number): number {
    this.#heldSince ??= now;
    return Math.max(this.#heldSince, this.#failedAt) + this.#probeWaitMs(this.#probes);
  }

  #probeWaitMs(times: number): number {
    const { base, max } = this.#limits.probeMs;
    return Math.min(max, base * 2 ** times);
  }

  #isSinceFailure(lane: Lane): boolean {
    return lane.startedAt >= this.#failedAt;
  }
}
