import { type Delivery, RouteError } from "@causeway/kernel";
import { type Guard, guardedBody } from "./body.ts";

/** A connection that brought less before it broke is no way on: the request has failed. */
const resumedLengthMin = 4 * 1024;

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
}

/** How to go on with a body whose connection breaks. */
export interface Resuming {
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
  { start, reopen, letGo }: Resuming,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = guard.promised === undefined ? undefined : start + guard.promised;
  let part = guard;
  let at = start;
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
        if (end === undefined || !isBreak(error) || at - before < resumedLengthMin) throw error;
        if (at === end) return; // all but the connection's own end came
        part = { ...guard, ...(await openRest(guard, { start: at, end }, reopen, error)) };
      }
    }
  } finally {
    letGo();
  }
}

async function openRest(
  { delivery, request }: Guard,
  range: ByteRange,
  reopen: Resuming["reopen"],
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
  if (rest.delivery.headers.get("etag") === delivery.headers.get("etag")) return rest;
  rest.delivery.close();
  throw broken; // the rest is of another version
}

function isBreak(error: unknown): error is RouteError {
  return error instanceof RouteError && error.code === "ROUTE_TRUNCATED";
}
