import { type LastPoll, nextPoll, type PollOutcome } from "@causeway/client";
import { CausewayError, type NoRouteDelivered, type Ports, RouteError } from "@causeway/kernel";
import type { FillProgress } from "./fill.ts";
import type { Mirror, Mirrored } from "./mirror.ts";

export interface WatchOptions {
  /** About once in so long the routes are asked, each time at a moment drawn anew. */
  readonly windowMs: number;
  readonly ports: Pick<Ports, "clock" | "random">;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FillProgress) => void;
  readonly onUpdate: (mirrored: Mirrored) => void;
  /** Of what may be over the next time. */
  readonly onFailure: (error: CausewayError) => void;
}

/**
 * Keeps the mirror at the newest state, until the signal fires. A failure costs one look, unless
 * the caller is to blame for it.
 * @throws {UsageError}; the signal's reason
 */
export async function watchRoutes(mirror: Mirror, options: WatchOptions): Promise<never> {
  const { ports, windowMs, signal } = options;
  const { clock, random } = ports;
  for (;;) {
    const outcome = await look(mirror, options);
    const lastPoll: LastPoll = { at: clock.wall(), outcome };
    const due = nextPoll(windowMs, random, lastPoll.at, lastPoll);
    await clock.sleep(due - lastPoll.at, signal);
  }
}

async function look(mirror: Mirror, options: WatchOptions): Promise<PollOutcome> {
  try {
    options.onUpdate(await mirror.update(options.onProgress));
    return { kind: "succeeded" };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof CausewayError) || error.blame === "caller") throw error;
    options.onFailure(error);
    return { kind: "failed", restMs: restAskedFor(error) };
  }
}

/** The longest that a route asked for (`Retry-After`). */
function restAskedFor(error: CausewayError): number {
  if (error.code !== "ROUTE_ALL_FAILED") return 0;
  const { attempts } = error as NoRouteDelivered;
  return Math.max(
    0,
    ...attempts.map(({ error: each }) =>
      each instanceof RouteError ? (each.retryAfterMs ?? 0) : 0,
    ),
  );
}
