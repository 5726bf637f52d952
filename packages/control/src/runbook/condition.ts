import type { Instant } from "@causeway/kernel";
import type { Condition } from "./runbook.ts";

/** What was measured at one moment. */
export interface Sample {
  readonly at: Instant;
  readonly value: number;
}

/** What a source told; why it told nothing. */
export type Measured =
  | { readonly kind: "samples"; readonly samples: readonly Sample[] }
  | { readonly kind: "missing"; readonly why: string };

/** Whether a condition holds, and why it does or not, for people. */
export interface ConditionVerdict {
  readonly holds: boolean;
  readonly why: string;
}

// Longer without a word, and nobody knows what was.
const gapsMs = {
  traffic: 10_000, // a busy machine tells a second late
  probes: 180_000, // rounds of a minute that take a while
} as const;

/**
 * Holds when each of the samples of so long a time until now is beyond the threshold, and there is
 * no gap in them. What is not known is never true.
 */
export function judgeCondition(
  { source, measure, side, threshold, forMs }: Condition,
  measured: Measured,
  now: Instant,
): ConditionVerdict {
  if (measured.kind === "missing") return { holds: false, why: measured.why };
  const gapMsMax = source.kind === "probes" ? gapsMs.probes : gapsMs.traffic;
  const since = now - forMs;
  const samples = measured.samples
    .filter(({ at }) => at > since - gapMsMax && at <= now + gapMsMax)
    .toSorted((a, b) => a.at - b.at);
  const newest = samples.at(-1);
  if (newest === undefined) return { holds: false, why: `${measure} is not known` };
  const told = `${measure} is ${shown(newest.value)}`;
  const moments = [since, ...samples.map(({ at }) => at), now];
  const hasGap = moments.some((at, index) => at - (moments[index - 1] ?? at) > gapMsMax);
  if (hasGap)
    return { holds: false, why: `${told}; not all of the last ${seconds(forMs)} is known` };
  const isBeyond = (value: number): boolean => {
    return side === "above" ? value > threshold : value < threshold;
  };
  const inTime = samples.filter(({ at }) => at >= since);
  if (inTime.length === 0)
    return { holds: false, why: `${told}; none is of the last ${seconds(forMs)}` };
  const last = inTime.findLast(({ value }) => !isBeyond(value));
  if (last === undefined) {
    return { holds: true, why: `${told}, ${side} ${threshold} for ${seconds(forMs)}` };
  }
  const beyondFor = Math.max(0, Math.min(now, newest.at) - last.at);
  return {
    holds: false,
    why: `${told}; ${side} ${threshold} for ${seconds(beyondFor)} of ${seconds(forMs)}`,
  };
}

function shown(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
