import { basename } from "node:path";
import { type Delivery, RouteError, type TransportRequest } from "@causeway/kernel";
import { shown } from "../../routes/route.ts";
import { deliver, deliverNothing } from "../file-delivery.ts";
import { errnoOf } from "../internal/host-error.ts";
import { BundleFault, type Directory, locate, readDirectory } from "./directory.ts";
import { findParts, PartReader, type Parts, statOrUndefined } from "./parts.ts";

interface Known {
  readonly identity: string;
  readonly directory: Promise<Directory>;
}

const knownMax = 8; // lists of files that are kept; who has more bundles has them read anew

/** Bundles as folders: one file, or several parts, that hold a repository's tree. */
export class Bundles {
  readonly #known = new Map<string, Known>();

  /**
   * Opens a file by the path that it would have if the bundle were a folder.
   * @returns undefined when no bundle is on that path
   * @throws {RouteError} no bundle that can be read is there
   */
  async open(path: string, request: TransportRequest): Promise<Delivery | undefined> {
    let file = path;
    try {
      const found = await findOnPath(path);
      if (found === undefined) return undefined;
      file = found.file;
      return await this.#openWithin(found, request);
    } catch (cause) {
      request.signal.throwIfAborted();
      throw toRouteError(cause, basename(file), request.url);
    }
  }

  async #openWithin(
    { file, name }: OnPath,
    request: TransportRequest,
  ): Promise<Delivery | undefined> {
    const parts = await findParts(file);
    if (parts === undefined) {
      throw new BundleFault("ROUTE_UNREACHABLE", "is not there; is the stick in its place?");
    }
    const reader = new PartReader(parts);
    try {
      const entry = (await this.#directoryOf(file, parts)).get(name);
      if (entry === undefined) return deliverNothing(404);
      const start = await locate(reader, name, entry);
      request.signal.throwIfAborted();
      const open = {
        length: entry.length,
        read: (into: Uint8Array, length: number, position: number) => {
          return reader.read(into, length, start + position);
        },
        close: () => reader.close(),
      };
      return deliver(open, request);
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  async #directoryOf(file: string, parts: Parts): Promise<Directory> {
    const { identity } = parts;
    const known = this.#known.get(file);
    if (known?.identity === identity) return known.directory;
    const reader = new PartReader(parts);
    const directory = readDirectory(reader).finally(() => reader.close());
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < knownMax) break;
      this.#known.delete(oldest);
    }
    this.#known.set(file, { identity, directory });
    // What failed may go well the next time.
    directory.catch(() => this.#known.delete(file));
    return directory;
  }
}

interface OnPath {
  readonly file: string;
  /** Within the bundle, with `/` between parts. */
  readonly name: string;
}

/** A folder may be called like a bundle. */
async function findOnPath(path: string): Promise<OnPath | undefined> {
  for (const match of path.matchAll(/\.(?:causeway|zip)(\.001)?[\\/]/gi)) {
    const file = path.slice(0, match.index + match[0].length - 1 - (match[1] ?? "").length);
    const folder = path.slice(0, match.index + match[0].length - 1);
    if ((await statOrUndefined(folder))?.isDirectory() === true) continue;
    const name = path.slice(match.index + match[0].length).replaceAll("\\", "/");
    return { file, name };
  }
  return undefined;
}

function toRouteError(cause: unknown, file: string, url: URL): RouteError {
  if (cause instanceof RouteError) return cause;
  if (cause instanceof BundleFault) {
    return new RouteError(cause.code, shown(url), `${file} ${cause.message}`, { cause });
  }
  const text = `${file} cannot be read (${errnoOf(cause) ?? String(cause)})`;
  return new RouteError("ROUTE_UNREACHABLE", shown(url), text, { cause });
}
