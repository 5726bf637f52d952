/**
 * The latency, in seconds, that this share of requests did not pass: as exactly as the buckets are
 * narrow. `bounds` and `buckets` as in docs/metrics.md.
 * @returns Infinity for what is beyond the last bound; undefined where there were no requests
 */
export function latencyQuantile(
  bounds: readonly number[],
  buckets: readonly number[],
  share: number,
): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = total * share;
  for (const [at, count] of buckets.entries()) {
    const upper = bounds[at];
    if (upper === undefined) break;
    const lower = bounds[at - 1] ?? 0;
    if (left <= count && count > 0) return lower + ((upper - lower) * left) / count;
    left -= count;
  }
  return Number.POSITIVE_INFINITY;
}
