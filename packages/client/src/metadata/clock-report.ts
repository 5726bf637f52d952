import type { JudgedTime } from "./judge-time.ts";

/** How the local clock compares with those of the routes that answered. */
export interface ClockReport {
  /**
   * Seconds that the local clock is ahead: of what most hosts agree on, else of their median, else
   * of the newest time of signing; null when nobody told the time.
   */
  readonly skewSeconds: number | null;
  /** Whether expiry was judged by the local clock as it is. */
  readonly trusted: boolean;
}

export function reportClock({ by, localAheadMs }: JudgedTime): ClockReport {
  const seconds = localAheadMs === undefined ? null : Math.round(localAheadMs / 1000);
  return { skewSeconds: seconds === 0 ? 0 : seconds, trusted: by === "local" };
}
