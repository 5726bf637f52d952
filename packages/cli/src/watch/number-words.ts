/** How often in a second: `0`, `0.4`, `35`, `12,345`. */
export function formatRate(rate: number): string {
  if (rate === 0 || rate >= 9.95) return formatAmount(rate);
  return rate.toFixed(1);
}

/** How many: `0`, `35`, `12,345`. */
export function formatAmount(amount: number): string {
  return Math.round(amount).toLocaleString("en-US");
}

/** A latency: `0.4 ms`, `35 ms`, `1.2 s`, `over 10 s`; `-` where it is unknown. */
export function formatLatency(seconds: number | undefined, boundMost: number): string {
  if (seconds === undefined) return "-";
  if (!Number.isFinite(seconds)) return `over ${boundMost} s`;
  if (seconds >= 0.9995) return `${seconds.toFixed(1)} s`;
  const ms = seconds * 1000;
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** `busy 30, over-share 5`: what is more than nothing, the most first. */
export function formatReasons(rates: ReadonlyMap<string, number>): string {
  const told = [...rates].filter(([, rate]) => rate > 0).toSorted(([, a], [, b]) => b - a);
  return told.map(([reason, rate]) => `${reason} ${formatRate(rate)}`).join(", ");
}

/** `87 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}
