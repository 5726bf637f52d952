import type { Instant } from "@causeway/kernel";
import type { Sight } from "./history.ts";
import type { Verdict } from "./probed.ts";

/** What one URL was found to be over some time. Null where nothing was measured. */
export interface Summary {
  readonly id: string;
  readonly url: string;
  /** Rounds that tell of it. */
  readonly rounds: number;
  /** The share of them, from 0 to 1, in which it had the newest state and the right bytes. */
  readonly availability: number | null;
  readonly firstByteMs: { readonly median: number | null; readonly p95: number | null };
  /** The median. */
  readonly bytesPerSecond: number | null;
  /** What was last wrong with it. */
  readonly lastFinding: {
    readonly at: Instant;
    readonly verdict: Verdict;
    readonly why: string | null;
  } | null;
}

/** Sums up what is the oldest first. Rounds in which our own proxy was in the way do not count. */
export function summarise(sights: readonly Sight[]): readonly Summary[] {
  const byUrl = new Map<string, Sight[]>();
  for (const sight of sights) {
    if (sight.verdict === "unknown") continue;
    const key = `${sight.id} ${sight.url}`;
    const known = byUrl.get(key);
    if (known === undefined) byUrl.set(key, [sight]);
    else known.push(sight);
  }
  return [...byUrl.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const good = all.filter(({ verdict }) => verdict === "ok");
    const last = all.findLast(({ verdict }) => verdict !== "ok");
    const firstBytes = numbersOf(all.map(({ firstByteMs }) => firstByteMs));
    const speeds = numbersOf(all.map(({ bytesPerSecond }) => bytesPerSecond));
    return {
      id: first.id,
      url: first.url,
      rounds: all.length,
      availability: good.length / all.length,
      firstByteMs: { median: quantile(firstBytes, 0.5), p95: quantile(firstBytes, 0.95) },
      bytesPerSecond: quantile(speeds, 0.5),
      lastFinding: last ? { at: last.at, verdict: last.verdict, why: last.why } : null,
    };
  });
}

function numbersOf(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null).toSorted((a, b) => a - b);
}

/** Of sorted values, the least that so great a share does not exceed. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
