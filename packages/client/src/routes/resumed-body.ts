import { type Delivery, type Random, RouteError } from "@causeway/kernel";
import { type Guard, guardedBody } from "./body.ts";
import type { Route } from "./route.ts";

/** A connection that brought less before it broke is no way on: the request has failed. */
const resumedLengthMin = 4 * 1024;
/** One that brought as much may be followed at once, and so may the first. */
const quickLengthMin = 64 * 1024;
/** The longest wait before another: a server that broke many answers is not asked in one wave. */
const waitMsMax = 200;

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
  let part = guard;
  let at = start;
  let breaks = 0;
  try {
    for (;;) {
      const before = at;
      try {
        for await (const bytes of guardedBody(part)) {
          at += bytes.length;
          yield bytes;
        }
        return;
      } catch (error) {
        if (!isBreak(error) || end === undefined) throw error;
        if (at === end) return; // all but the connection's own end came
        if (at - before < resumedLengthMin) throw error;
        if (breaks++ > 0 && at - before < quickLengthMin) await waitABit(guard, resuming.random);
        part = { ...guard, ...(await openRest(guard, { start: at, end }, resuming, error)) };
      }
    }
  } finally {
    letGo();
  }
}

async function openRest(
  { delivery, request }: Guard,
  range: ByteRange,
  { host, reopen }: Resuming,
  broken: RouteError,
): Promise<Opened> {
  let rest: Opened;
  try {
    rest = await reopen(range);
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    // It knows no ranges, or the file has become shorter: there is no rest, and that is no lie.
    throw error instanceof RouteError && error.code === "ROUTE_MISLABELLED" ? broken : error;
  }
  if (rest.host === host && isSameVersion(rest.delivery, delivery)) return rest;
  rest.delivery.close();
  throw broken;
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
