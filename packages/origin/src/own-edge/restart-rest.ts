/** How long to wait before an engine that died is started again. */
export interface Rest {
  readonly ms: number;
  /** It died again and again: that is no accident, and an operator has to know. */
  readonly long: boolean;
}

const windowMs = 60_000;
const deathsMax = 5;
const firstMs = 100;
const longMs = 600_000; // meanwhile Node serves alone; each further try costs clients connections

/**
 * @param deathsMs when it died before, on the clock of `nowMs`, the newest (now) last
 */
export function restAfter(deathsMs: readonly number[], nowMs: number): Rest {
  const recent = deathsMs.filter((at) => nowMs - at < windowMs).length;
  if (recent >= deathsMax) return { ms: longMs, long: true };
  return { ms: firstMs * 2 ** Math.max(recent - 1, 0), long: false };
}

/** Those that can still count. */
export function recentDeaths(deathsMs: readonly number[], nowMs: number): readonly number[] {
  return deathsMs.filter((at) => nowMs - at < windowMs).slice(-deathsMax);
}
