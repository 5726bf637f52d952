import { type Delivery, RouteError, type TransportRequest } from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import { errnoOf } from "./internal/host-error.ts";

const readLength = 64 * 1024;

/** A file, or one within a bundle, that is open to be read. */
export interface OpenBytes {
  readonly length: number;
  /** Reads up to `length` bytes from `position` into the start of `into`; returns how many. */
  read(into: Uint8Array, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Answers as an HTTP server that has these bytes. Closes them, now or when they are read. */
export function deliver(open: OpenBytes, request: TransportRequest): Delivery {
  const { range } = request;
  const { length } = open;
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? length, length);
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    void open.close().catch(() => undefined); // nothing was written, so nothing is lost
  };
  if (range !== undefined && start >= length) {
    close();
    return deliverNothing(416);
  }
  const headers = new Map([
    ["content-length", String(end - start)],
    ["accept-ranges", "bytes"],
  ]);
  if (range !== undefined) headers.set("content-range", `bytes ${start}-${end - 1}/${length}`);
  const body = read(open, start, end, request, close);
  return { status: range === undefined ? 200 : 206, headers, body, close };
}

/** Answers with the status alone. */
export function deliverNothing(status: number): Delivery {
  const headers = new Map([["content-length", "0"]]);
  return { status, headers, body: nothing(), close: () => undefined };
}

async function* read(
  open: OpenBytes,
  start: number,
  end: number,
  request: TransportRequest,
  close: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = new Uint8Array(Math.min(readLength, end - start));
  try {
    for (let at = start; at < end; ) {
      request.signal.throwIfAborted();
      const got = await open.read(bytes, Math.min(bytes.length, end - at), at);
      if (got === 0) return; // it shrank; the exchange sees that bytes are missing
      at += got;
      yield bytes.subarray(0, got);
    }
  } catch (cause) {
    request.signal.throwIfAborted();
    const text = `cannot be read (${errnoOf(cause) ?? String(cause)})`;
    throw new RouteError("ROUTE_TRUNCATED", shown(request.url), text, { cause });
  } finally {
    close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // An answer without a body.
}
