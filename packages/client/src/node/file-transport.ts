import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Delivery, RouteError, type Transport, type TransportRequest } from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import { errnoOf } from "./internal/host-error.ts";

const readLength = 64 * 1024;

/** Serves `file:` URLs as an HTTP server of the same folder would: ranges, 403, 404, 416. */
export function fileTransport(): Transport {
  return { open: openFile };
}

async function openFile(request: TransportRequest): Promise<Delivery> {
  request.signal.throwIfAborted();
  let handle: fs.FileHandle;
  try {
    // Not blocking, so that a pipe in the tree cannot hold us.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    handle = await fs.open(fileURLToPath(request.url), flags);
  } catch (cause) {
    const status = statusOf(errnoOf(cause));
    if (status !== undefined) return empty(status);
    throw new RouteError("ROUTE_UNREACHABLE", shown(request.url), String(cause), { cause });
  }
  try {
    const stat = await handle.stat();
    const delivery = stat.isFile() ? answer(handle, stat.size, request) : empty(404);
    if (delivery.status >= 400) await handle.close();
    request.signal.throwIfAborted();
    return delivery;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function statusOf(errno: string | undefined): number | undefined {
  switch (errno) {
    case "ENOENT":
    case "ENOTDIR":
    case "EISDIR":
    case "ENXIO": // a socket or a pipe
    case "ELOOP": // links in a circle
    case "ENAMETOOLONG":
    case "ERR_INVALID_FILE_URL_PATH":
      return 404;
    case "EACCES":
    case "EPERM":
      return 403;
    default:
      return undefined;
  }
}

function answer(handle: fs.FileHandle, size: number, request: TransportRequest): Delivery {
  const { range } = request;
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? size, size);
  if (range !== undefined && start >= size) return empty(416);
  const headers = new Map([
    ["content-length", String(end - start)],
    ["accept-ranges", "bytes"],
  ]);
  if (range !== undefined) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    void handle.close().catch(() => undefined); // nothing was written, so nothing is lost
  };
  const body = read(handle, start, end, request, close);
  return { status: range === undefined ? 200 : 206, headers, body, close };
}

async function* read(
  handle: fs.FileHandle,
  start: number,
  end: number,
  request: TransportRequest,
  close: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = new Uint8Array(Math.min(readLength, end - start));
  try {
    for (let at = start; at < end; ) {
      request.signal.throwIfAborted();
      const { bytesRead } = await handle.read(bytes, 0, Math.min(bytes.length, end - at), at);
      if (bytesRead === 0) return; // it shrank; the exchange sees that bytes are missing
      at += bytesRead;
      yield bytes.subarray(0, bytesRead);
    }
  } catch (cause) {
    request.signal.throwIfAborted();
    const text = `cannot be read (${errnoOf(cause) ?? String(cause)})`;
    throw new RouteError("ROUTE_TRUNCATED", shown(request.url), text, { cause });
  } finally {
    close();
  }
}

function empty(status: number): Delivery {
  const headers = new Map([["content-length", "0"]]);
  return { status, headers, body: nothing(), close: () => undefined };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // An answer without a body.
}
