/**
 * Upper bounds of the buckets of latencies, in seconds, each inclusive. Three in each power of ten:
 * a latency is known to a factor of two or so, over all that a client waits for.
 */
export const latencyBounds = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
] as const;

/** The place of a latency among `latencyBounds`, or the one behind the last. */
export function latencyBucket(seconds: number): number {
  let at = 0;
  for (const bound of latencyBounds) {
    if (seconds <= bound) return at;
    at++;
  }
  return at;
}
