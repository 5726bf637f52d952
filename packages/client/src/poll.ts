import { type Instant, pollSeconds, type Random } from "@causeway/kernel";

/** How the last look for a patch ended. */
export type PollOutcome =
  | { readonly kind: "succeeded" }
  | {
      readonly kind: "failed";
      /** The longest rest that a route asked for, if one did. */
      readonly restMs?: number;
    };

/** The last look: when it was, and how it ended. */
export interface LastPoll {
  readonly at: Instant;
  readonly outcome: PollOutcome;
}

const restMsMax = 24 * 3_600_000;

/**
 * When to look for a patch next, as a wall time that is never before `now`. Each client looks
 * about once in `windowMs`, at a moment that it draws anew each time. Whatever many of them go
 * through together (an outage, a `Retry-After`, a power cut, a clock that was set), they come
 * back over no less than half a window, so that never more than twice as many come as in calm
 * times.
 * @param windowMs as the signed route list gives it: `pollSeconds` of `check`
 * @param lastPoll absent, or in the future, when the clock was set: as if it were long ago
 */
export function nextPoll(
  windowMs: number,
  random: Random,
  now: Instant,
  lastPoll: LastPoll | undefined,
): Instant {
  const { min, max } = pollSeconds;
  const window = Math.min(Math.max(windowMs, min * 1000), max * 1000);
  const spread = (from: number, to: number): number => {
    return Math.round((from + (random.uint32() / 2 ** 32) * (to - from)) * window);
  };
  // Asleep for long, or new: soon, but not at once, for others woke up at the same moment.
  if (lastPoll === undefined || lastPoll.at > now) return now + spread(0, 0.5);
  const { at, outcome } = lastPoll;
  // Half a window sooner after a failure, and never sooner than a route has asked for.
  const failed = outcome.kind === "failed";
  const restMs = failed ? Math.min(Math.max(outcome.restMs ?? 0, 0), restMsMax) : 0;
  const next = failed
    ? at + Math.max(spread(0.5, 1), restMs + spread(0, 0.5))
    : at + spread(0.5, 1.5);
  return next > now ? next : now + spread(0, 0.5);
}
