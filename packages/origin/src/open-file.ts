import { type BigIntStats, close, fstatSync, lstatSync, read } from "node:fs";
import { promisify } from "node:util";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";
import { blockBytes } from "./limits.ts";

const recheckAfterMs = 1_000;
const readAsync = promisify(read);
let lastId = 0;

/**
 * One version of one file, held open. Its bytes come from one descriptor, so a rename over the
 * name never mixes two versions; and while it is open its inode cannot be given to another file,
 * so equal inode and times mean an unchanged file.
 */
export class OpenFile {
  /** Never given twice in one process. */
  readonly id: number;
  readonly fullPath: string;
  readonly size: number;
  /** Milliseconds since the Unix epoch, whole seconds. */
  readonly modifiedMs: number;
  /** Changes when the content may have changed, as far as the file system tells. */
  readonly stamp: string;
  readonly #descriptor: number;
  readonly #stats: BigIntStats;
  readonly #fixed: boolean;
  #checkedAt = performance.now();
  #users = 1;

  /** `fixed`: the name vouches for the content. The caller is the first user. */
  constructor(descriptor: number, stats: BigIntStats, fullPath: string, fixed: boolean) {
    this.id = ++lastId;
    this.fullPath = fullPath;
    this.size = Number(stats.size);
    this.modifiedMs = Math.floor(Number(stats.mtimeMs) / 1000) * 1000;
    this.stamp = [stats.size, stats.mtimeNs, stats.ino].map((n) => n.toString(36)).join("-");
    this.#descriptor = descriptor;
    this.#stats = stats;
    this.#fixed = fixed;
  }

  /** @returns false when it is closed already */
  acquire(): boolean {
    if (this.#users === 0) return false;
    this.#users++;
    return true;
  }

  /** The last user closes the file. */
  release(): void {
    this.#users--;
    if (this.#users === 0) close(this.#descriptor, () => {});
  }

  /**
   * True when the name still leads to this version. It looks at the disk on every call, so that
   * a publish is seen at once; for a fixed file, once a second, to notice that it was removed.
   * Synchronous on purpose: the name of an open file is in the system's memory, and two
   * microseconds here are far below a visit to the thread pool.
   */
  isCurrent(): boolean {
    const now = performance.now();
    if (this.#fixed && now - this.#checkedAt < recheckAfterMs) return true;
    this.#checkedAt = now;
    try {
      const stats = lstatSync(this.fullPath, { bigint: true, throwIfNoEntry: false });
      return stats !== undefined && sameVersion(stats, this.#stats);
    } catch {
      return false; // opening it anew says what is wrong
    }
  }

  /**
   * False when somebody wrote into this very file since it was opened. A rename does not.
   * @throws {HostError}
   */
  isUnwritten(): boolean {
    try {
      const stats = fstatSync(this.#descriptor, { bigint: true });
      return stats.size === this.#stats.size && stats.mtimeNs === this.#stats.mtimeNs;
    } catch (cause) {
      throw toHostError(cause, `look at ${this.fullPath}`);
    }
  }

  /**
   * Bytes of block `index`: all of them.
   * @throws {HostError} also when somebody cut the file while it was open
   */
  async readBlock(index: number): Promise<Buffer> {
    const start = index * blockBytes;
    const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, this.size - start));
    let filled = 0;
    while (filled < block.length) {
      const more = await this.#readInto(block, filled, start + filled);
      if (more === 0) throw new HostError("HOST_IO", `${this.fullPath} was cut while it was read`);
      filled += more;
    }
    return block;
  }

  async #readInto(block: Buffer, offset: number, position: number): Promise<number> {
    try {
      const length = block.length - offset;
      return (await readAsync(this.#descriptor, block, offset, length, position)).bytesRead;
    } catch (cause) {
      throw toHostError(cause, `read ${this.fullPath}`);
    }
  }
}

function sameVersion(a: BigIntStats, b: BigIntStats): boolean {
  const sameInode = a.ino === b.ino && a.dev === b.dev;
  return sameInode && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
