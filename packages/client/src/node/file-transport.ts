import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Delivery, RouteError, type Transport, type TransportRequest } from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import type { Bundles } from "./bundle/bundles.ts";
import { deliver, deliverNothing } from "./file-delivery.ts";
import { errnoOf } from "./internal/host-error.ts";

const bundleEnding = /\.(?:causeway|zip)(?:\.001)?[\\/]/i;

/**
 * Serves `file:` URLs as an HTTP server of the same folder would: ranges, 403, 404, 416. A bundle
 * is such a folder, too.
 */
export function fileTransport(): Transport {
  let bundles: Bundles | undefined;
  return {
    async open(request) {
      request.signal.throwIfAborted();
      const path = pathOf(request.url);
      if (path === undefined) return deliverNothing(404);
      if (bundleEnding.test(path)) {
        // Only for who has one: most never do.
        const loaded = await import("./bundle/bundles.ts");
        bundles ??= new loaded.Bundles();
        const delivery = await bundles.open(path, request);
        if (delivery !== undefined) return delivery;
      }
      return openFile(path, request);
    },
  };
}

function pathOf(url: URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

async function openFile(path: string, request: TransportRequest): Promise<Delivery> {
  request.signal.throwIfAborted();
  let handle: fs.FileHandle;
  try {
    // Not blocking, so that a pipe in the tree cannot hold us.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    handle = await fs.open(path, flags);
  } catch (cause) {
    const status = statusOf(errnoOf(cause));
    if (status !== undefined) return deliverNothing(status);
    throw new RouteError("ROUTE_UNREACHABLE", shown(request.url), String(cause), { cause });
  }
  try {
    const stat = await handle.stat();
    request.signal.throwIfAborted();
    if (stat.isFile()) return deliver(openBytes(handle, stat.size), request);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return deliverNothing(404);
}

function openBytes(handle: fs.FileHandle, length: number) {
  return {
    length,
    async read(into: Uint8Array, count: number, position: number): Promise<number> {
      return (await handle.read(into, 0, count, position)).bytesRead;
    },
    close: () => handle.close(),
  };
}

function statusOf(errno: string | undefined): number | undefined {
  switch (errno) {
    case "ENOENT":
    case "ENOTDIR":
    case "EISDIR":
    case "ENXIO": // a socket or a pipe
    case "ELOOP": // links in a circle
    case "ENAMETOOLONG":
      return 404;
    case "EACCES":
    case "EPERM":
      return 403;
    default:
      return undefined;
  }
}
