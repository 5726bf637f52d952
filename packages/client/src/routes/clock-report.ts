import type { Route } from "./route.ts";

/** How the local clock compares with those of the routes that answered. */
export interface ClockReport {
  /** Seconds that the local clock is ahead of the routes' median; null when none told its time. */
  readonly skewSeconds: number | null;
  /** Whether expiry was judged by the local clock as it is. */
  readonly trusted: boolean;
}

/** The median, so that a minority of lying routes cannot move it out of the honest ones' range. */
export function reportClock(routes: readonly Route[]): ClockReport {
  const skews = routes.flatMap((route) => route.skewMs ?? []).toSorted((a, b) => a - b);
  const upper = skews[skews.length >> 1];
  const lower = skews[(skews.length - 1) >> 1];
  if (upper === undefined || lower === undefined) return { skewSeconds: null, trusted: true };
  const ahead = -Math.round((upper + lower) / 2000);
  return { skewSeconds: ahead === 0 ? 0 : ahead, trusted: true };
}
