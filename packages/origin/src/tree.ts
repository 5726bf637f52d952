import { type BigIntStats, close, constants, fstat, open, realpath } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { errnoOf, toHostError } from "@causeway/client/internal/host-error";
import { HostError, namingOf } from "@causeway/kernel";
import { BlockCache } from "./block-cache.ts";
import type { OriginLimits } from "./limits.ts";
import { OpenFile } from "./open-file.ts";
import type { RepositoryPath } from "./request-path.ts";
import { describe, type ServedFile } from "./served-file.ts";

const openAsync = promisify(open);
const fstatAsync = promisify(fstat);
const realpathAsync = promisify(realpath.native);
// Without O_NONBLOCK, opening a FIFO would wait for a writer. Windows has neither flag.
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const absent: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ENXIO",
]);

/**
 * The files of one repository, as they are on disk at the moment of each request. The files
 * asked for last stay open, their blocks in memory.
 */
export class Tree {
  readonly blocks: BlockCache;
  readonly #root: string;
  readonly #linkOf: (path: string) => string | undefined;
  readonly #openFilesMax: number;
  readonly #files = new Map<string, ServedFile>(); // in the order of last use
  /** The last of them: mostly it is what is asked for, and need not be moved. */
  #newest: ServedFile | undefined;
  readonly #loading = new Map<string, Promise<ServedFile | undefined>>();

  /** `root` is a real path; `linkOf` gives the value of a path's `Link` header. */
  constructor(root: string, linkOf: (path: string) => string | undefined, limits: OriginLimits) {
    this.blocks = new BlockCache(limits.cacheBytesMax);
    this.#root = root;
    this.#linkOf = linkOf;
    this.#openFilesMax = limits.openFilesMax;
  }

  /** The file when it is open and current. The caller releases it. */
  openHot({ path }: RepositoryPath): ServedFile | undefined {
    const served = this.#files.get(path);
    if (served === undefined) return undefined;
    if (!served.file.isCurrent()) {
      this.#files.delete(path);
      served.file.release();
      return undefined;
    }
    if (this.#newest !== served) {
      this.#files.delete(path);
      this.#files.set(path, served);
      this.#newest = served;
    }
    served.file.acquire();
    return served;
  }

  /**
   * The file as it was at some moment after this call, or undefined. The caller releases it.
   * @throws {HostError}
   */
  async open(path: RepositoryPath): Promise<ServedFile | undefined> {
    // Only a load that began after this call may be believed: an earlier one may have met the
    // file that a publish has since replaced. So of two loads that others began, the second.
    for (let believed = false; ; believed = true) {
      const hot = this.openHot(path);
      if (hot !== undefined) return hot;
      const joined = this.#loading.get(path.path);
      const served = await (joined ?? this.#load(path));
      if (joined !== undefined && !believed) continue;
      if (served === undefined || served.file.acquire()) return served;
    }
  }

  /** Lets go of files that were removed or replaced, so that they do not fill the disk. */
  forgetOld(): void {
    for (const [path, served] of this.#files) {
      if (served.file.isCurrent()) continue;
      this.#files.delete(path);
      served.file.release();
    }
  }

  /** Lets go of every file that nobody is reading. */
  close(): void {
    for (const served of this.#files.values()) served.file.release();
    this.#files.clear();
  }

  #load(path: RepositoryPath): Promise<ServedFile | undefined> {
    const loading = this.#loadNow(path).finally(() => this.#loading.delete(path.path));
    this.#loading.set(path.path, loading);
    return loading;
  }

  async #loadNow(path: RepositoryPath): Promise<ServedFile | undefined> {
    const naming = namingOf(path.path);
    const file = await this.#openFile(path, naming.sha256 !== undefined);
    if (file === undefined) return undefined;
    try {
      const link = this.#linkOf(path.path);
      const served = await describe(file, naming, this.blocks, link);
      if (!file.isUnwritten()) throw new HostError("HOST_BUSY", `${path.path} is being written`);
      this.#keep(path.path, served);
      return served;
    } catch (cause) {
      file.release();
      throw cause;
    }
  }

  #keep(path: string, served: ServedFile): void {
    this.#files.set(path, served);
    this.#newest = served;
    if (this.#files.size <= this.#openFilesMax) return;
    for (const [oldest, old] of this.#files) {
      this.#files.delete(oldest);
      old.file.release();
      return;
    }
  }

  async #openFile({ path }: RepositoryPath, fixed: boolean): Promise<OpenFile | undefined> {
    const fullPath = join(this.#root, path);
    let descriptor: number | undefined;
    try {
      descriptor = await openAsync(fullPath, openFlags);
      const stats = await statsOf(descriptor);
      const real = await realpathAsync(fullPath);
      // A link anywhere below the root, and a name in another case, lead to another real path.
      if (stats.isFile() && real === fullPath) {
        const file = new OpenFile(descriptor, stats, fullPath, fixed);
        descriptor = undefined;
        return file;
      }
      return undefined;
    } catch (cause) {
      if (absent.has(errnoOf(cause) ?? "")) return undefined;
      throw toHostError(cause, `open ${fullPath}`);
    } finally {
      if (descriptor !== undefined) close(descriptor, () => {});
    }
  }
}

function statsOf(descriptor: number): Promise<BigIntStats> {
  return fstatAsync(descriptor, { bigint: true });
}
