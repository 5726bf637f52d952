import { CausewayError, type Clock, type Instant, type Random } from "@causeway/kernel";
import type { Round } from "./probed.ts";

export interface ProbingOptions<Made extends Round> {
  /** From the end of a round to the start of the next, about. */
  readonly everyMs: number;
  /** @param resting URLs that asked to be left alone, and until when */
  readonly probe: (resting: ReadonlyMap<string, Instant>) => Promise<Made>;
  readonly onRound: (round: Made) => Promise<void>;
  /** Called when a round could not be made, or not be dealt with; the next one is made all the same. */
  readonly onFailure: (error: CausewayError) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const spread = 0.2; // of the time between rounds: nobody can be fine just when they come

/**
 * Makes one round after the other, until the signal fires.
 * @param first the round that was made already
 * @throws the signal's reason, and what is our own fault
 */
export async function keepProbing<Made extends Round>(
  first: Made,
  options: ProbingOptions<Made>,
): Promise<never> {
  const { everyMs, clock, random, signal } = options;
  let resting = restingAfter(first);
  for (;;) {
    const share = 1 + (random.uint32() / 2 ** 32 - 0.5) * spread;
    await clock.sleep(everyMs * share, signal);
    try {
      const round = await options.probe(resting);
      resting = restingAfter(round);
      await options.onRound(round);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CausewayError)) throw error;
      options.onFailure(error);
    }
  }
}

function restingAfter({ at, routes }: Round): ReadonlyMap<string, Instant> {
  const waits = routes.flatMap(({ urls }) => {
    return urls.flatMap(({ url, retryAfterMs }) => {
      return retryAfterMs === null ? [] : [[url, at + retryAfterMs] as const];
    });
  });
  return new Map(waits);
}
