import { type Instant, toUtcSecond } from "@causeway/kernel";

const behindMsMax = 5 * 60_000; // two machines that share a log may differ by as much
const jumpMsMax = 2 * 60_000; // no daemon that keeps a clock right moves it so far at once

/** The two clocks at one moment. */
export interface ClockReading {
  readonly wall: Instant;
  readonly steady: number;
}

/**
 * Why the clock is not to be followed now, if it is not. A clock that was wrong from the start and
 * has not moved cannot be told from a right one.
 * @param start when the run began
 * @param lastEntry when the log's newest entry was made
 */
export function clockFault(
  now: ClockReading,
  start: ClockReading,
  lastEntry: Instant | undefined,
): string | undefined {
  const jumped = now.wall - start.wall - (now.steady - start.steady);
  if (Math.abs(jumped) > jumpMsMax) {
    const where = jumped > 0 ? "ahead" : "back";
    const what = `the clock has jumped ${Math.round(Math.abs(jumped) / 1000)} s ${where}`;
    return `${what} during this run; check it, then start the run again`;
  }
  if (lastEntry !== undefined && now.wall < lastEntry - behindMsMax) {
    const what = `the clock says ${toUtcSecond(now.wall)}, and the log was written at`;
    return `${what} ${toUtcSecond(lastEntry)}; set the one that is wrong`;
  }
  return undefined;
}
