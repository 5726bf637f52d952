import { type Delivery, type Random, RouteError } from "@causeway/kernel";
import { Backoff } from "./backoff.ts";
import { type Guard, guardedBody, Pace } from "./body.ts";
import type { Route } from "./route.ts";

/** A connection that brought less before it broke is no way on: the request has failed. */
const resumedLengthMin = 4 * 1024;
/** One that brought as much may be followed at once, and so may the first. */
const quickLengthMin = 64 * 1024;
/** The longest wait before another: a server that broke many answers is not asked in one wave. */
const waitMsMax = 200;
/** Of the many requests that such a line makes of one, a busy server refuses some: so many in a row … */
const refusalsMax = 3;
const refusedBackoff = { base: 200, max: 2_000 };
/** … unless it asks for a longer rest than whoever waits for the body has patience for. */
const restMsMax = 5_000;

/** A part of a file, in bytes: `start` to `end - 1`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An answer whose headers were right. */
export interface Opened {
  readonly delivery: Delivery;
  /** Bytes of the body; undefined when the route does not say. */
  readonly promised: number | undefined;
  /** Whose answer it is: the route's that was asked, or another's that it redirected to. */
  readonly host: Route;
}

/** How to go on with a body whose connection breaks. */
export interface Resuming {
  readonly random: Random;
  /** Whose answer it is that may break. */
  readonly host: Route;
  /** Where in its file the body begins. */
  readonly start: number;
  /** Asks the same route for that range of the same file. @throws {RouteError} */
  readonly reopen: (range: ByteRange) => Promise<Opened>;
  /** Called when the body is over, however it ends. */
  readonly letGo: () => void;
}

/**
 * The bytes of an answer, over as many connections as it takes: some networks cut each one after
 * so many bytes, and what came until then would come again and again. All bytes are of one route,
 * so that it is known whom to blame.
 * @throws {RouteError} as `guardedBody`; and what `reopen` throws
 */
export async function* resumedBody(
  guard: Guard,
  resuming: Resuming,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, letGo } = resuming;
  const end = guard.promised === undefined ? undefined : start + guard.promised;
  const pace = new Pace(guard);
  let part = guard;
  let at = start;
  let breaks = 0;
  try {
    for (;;) {
      const before = at;
      try {
        for await (const bytes of guardedBody(part, pace)) {
          at += bytes.length;
          yield bytes;
        }
        return;
      } catch (error) {
        if (!isBreak(error) || end === undefined) throw error;
        if (at === end) return; // all but the connection's own end came
        if (at - before < resumedLengthMin) throw error;
        const isQuick = breaks++ === 0 || at - before >= quickLengthMin;
        if (!isQuick) await pace.during(waitABit(guard, resuming.random));
        const reopen = (): Promise<Opened> => pace.during(resuming.reopen({ start: at, end }));
        part = { ...guard, ...(await openRest(guard, resuming, reopen, error)) };
      }
    }
  } finally {
    letGo();
  }
}

async function openRest(
  guard: Guard,
  { host, random }: Resuming,
  reopen: () => Promise<Opened>,
  broken: RouteError,
): Promise<Opened> {
  const { clock } = guard.ports;
  const { signal } = guard.request;
  const backoff = new Backoff();
  for (let refusals = 1; ; refusals++) {
    try {
      const rest = await reopen();
      if (rest.host === host && isSameVersion(rest.delivery, guard.delivery)) return rest;
      rest.delivery.close();
      throw broken;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // It knows no ranges, or the file has become shorter: there is no rest, and that is no lie.
      if (error instanceof RouteError && error.code === "ROUTE_MISLABELLED") throw broken;
      backoff.failed(clock.steady(), refusedBackoff, random);
      const restMs = guard.route.restUntil - clock.steady();
      if (!isBusy(error) || refusals > refusalsMax || restMs > restMsMax) throw error;
      // It asked for this wait, so that its pace is not judged by it.
      await clock.sleep(Math.max(backoff.dueAt - clock.steady(), restMs), signal);
    }
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof RouteError)) return false;
  return error.code === "ROUTE_REFUSED" && !error.forbidden && !error.astray;
}

function isSameVersion(one: Delivery, other: Delivery): boolean {
  return ["etag", "last-modified"].every((name) => {
    return one.headers.get(name) === other.headers.get(name);
  });
}

async function waitABit({ ports, request }: Guard, random: Random): Promise<void> {
  await ports.clock.sleep((random.uint32() / 2 ** 32) * waitMsMax, request.signal);
}

function isBreak(error: unknown): error is RouteError {
  return error instanceof RouteError && error.code === "ROUTE_TRUNCATED";
}
