import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import { rmSync, statSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type Clock, type FileHandle, HostError, type Store } from "@causeway/kernel";
import { nodeClock } from "./clock.ts";
import { type FileLock, holderOf, tryFileLock } from "./internal/file-lock.ts";
import { errnoOf, isMissing, toHostError } from "./internal/host-error.ts";
import { makeFolders } from "./internal/make-folders.ts";
import { syncFolder } from "./internal/sync-folder.ts";
import { isAt, openOwn, openToRead, requireReplaceable } from "./regular-file.ts";

const holdPollMs = 50;
const holdMsMax = 10 * 60_000; // a large patch's time; who waits for more wants to know for whom
const temporary = /^\.causeway-[0-9a-f]{16}\.tmp$/;
const blockLength = 512; // of a file's block count, whatever its file system's are
const namesAtOnce = 1024; // few system calls, and little memory

/**
 * A folder as a store. The folder is made when something is first written.
 * @param clock by which `hold` waits for others
 */
export function folderStore(folder: string, clock: Clock = nodeClock()): Store {
  return new FolderStore(path.resolve(folder), clock);
}

/**
 * Removes temporary files that a killed run left in a state folder. Only for who holds its lock.
 * Looks where a run writes, and nowhere else: a folder that others put there may be deep, and a
 * link may lead to all of the disk.
 * @throws {HostError}
 */
export async function sweepFolder(folder: string): Promise<void> {
  const metadata = path.join(folder, "metadata");
  const isLink = (await fs.lstat(metadata).catch(() => undefined))?.isSymbolicLink() === true;
  for (const each of isLink ? [folder] : [folder, metadata]) {
    await attempt(`sweep ${each}`, () => sweepOne(each));
  }
}

async function sweepOne(folder: string): Promise<void> {
  let names: AsyncIterable<Dirent>;
  try {
    names = await fs.opendir(folder, { bufferSize: namesAtOnce });
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  // One by one: there may be a million.
  for await (const { name } of names) {
    if (temporary.test(name)) await fs.rm(path.join(folder, name), { force: true });
  }
}

class FolderStore implements Store {
  readonly #root: string;
  readonly #clock: Clock;

  constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
  }

  async read(name: string, lengthMax: number): Promise<Uint8Array | undefined> {
    const file = this.#file(name);
    return attempt(`read ${file}`, async () => {
      const handle = await openOrUndefined(file);
      if (handle === undefined) return undefined;
      try {
        const { size } = await handle.stat();
        if (size > lengthMax) {
          const text = `${file}: is ${size} bytes long, over its bound of ${lengthMax}; remove it.`;
          throw new HostError("HOST_CORRUPT_STATE", text);
        }
        const bytes = new Uint8Array(size);
        let at = 0;
        while (at < size) {
          const { bytesRead } = await handle.read(bytes, at, size - at, at);
          if (bytesRead === 0) break;
          at += bytesRead;
        }
        return bytes.subarray(0, at);
      } finally {
        await handle.close();
      }
    });
  }

  async write(name: string, bytes: Uint8Array, readers?: "owner"): Promise<void> {
    const file = this.#file(name);
    await attempt(`write ${file}`, async () => {
      const folder = path.dirname(file);
      await makeFolder(folder);
      const draft = path.join(folder, `.causeway-${randomBytes(8).toString("hex")}.tmp`);
      try {
        const mode = readers === "owner" ? { mode: 0o600 } : {};
        await fs.writeFile(draft, bytes, { flag: "wx", flush: true, ...mode });
        await fs.rename(draft, file);
      } catch (error) {
        await fs.rm(draft, { force: true }).catch(() => undefined); // the first error says more
        throw error;
      }
      await syncFolder(folder);
    });
  }

  async open(name: string, mode: "read" | "create"): Promise<FileHandle> {
    const file = this.#file(name);
    return attempt(`open ${file}`, async () => {
      if (mode === "read") return new OpenFile(await openToRead(file, "HOST_IO"), file, false);
      await makeFolder(path.dirname(file));
      return new OpenFile(await openOwn(file), file, true);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.#file(from), this.#file(to)];
    await attempt(`rename ${source} to ${target}`, async () => {
      await makeFolder(path.dirname(target));
      await requireReplaceable(target);
      await fs.rename(source, target);
      await syncFolder(path.dirname(target));
      if (path.dirname(source) !== path.dirname(target)) await syncFolder(path.dirname(source));
    });
  }

  async remove(name: string): Promise<void> {
    const file = this.#file(name);
    await attempt(`remove ${file}`, () => fs.rm(file, { force: true }));
  }

  async list(name: string): Promise<readonly string[]> {
    const folder = name === "" ? this.#root : this.#file(name);
    return attempt(`list ${folder}`, async () => {
      try {
        const entries = await fs.readdir(folder, { withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile() && !temporary.test(entry.name));
        return files.map((entry) => entry.name).toSorted();
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return [];
        throw error;
      }
    });
  }

  async hold(
    name: string,
    signal: AbortSignal,
    onWait?: (pid: number | undefined) => void,
  ): Promise<{ release(): void }> {
    const file = this.#file(name);
    await attempt(`write ${file}`, () => makeFolder(path.dirname(file)));
    const end = this.#clock.steady() + holdMsMax;
    for (let looks = 1; ; looks++) {
      signal.throwIfAborted();
      const before = identityOf(file);
      const lock = tryFileLock(file);
      // Whoever had it removed it with their lock on it: what was taken then is nobody's file, and
      // another one may stand in its place.
      if (lock !== undefined) {
        if (before !== undefined && before === identityOf(file)) {
          return heldUntilReleased(file, lock);
        }
        lock.release();
        if (before === undefined) continue; // nobody had it: the file is there now
      }
      if (this.#clock.steady() >= end) {
        const who = `process ${holderOf(file) ?? "?"}`;
        throw new HostError("HOST_BUSY", `${file}: ${who} has it; try again when that is done.`);
      }
      // Not at the first look: whoever has just taken it has not yet written down who they are.
      if (looks === 2) onWait?.(holderOf(file));
      await this.#clock.sleep(holdPollMs, signal);
    }
  }

  pathOf(name: string): string {
    return this.#file(name);
  }

  async freeBytes(): Promise<number | undefined> {
    for (let folder = this.#root; ; folder = path.dirname(folder)) {
      try {
        const { bavail, bsize } = await fs.statfs(folder);
        return bavail * bsize;
      } catch (error) {
        if (errnoOf(error) !== "ENOENT" || folder === path.dirname(folder)) return undefined;
      }
    }
  }

  /** @throws {HostError} `HOST_DENIED` on a name that would leave the folder */
  #file(name: string): string {
    const odd = path.sep === "\\" ? /[\0\\:]/ : /\0/;
    const fits = name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
    if (fits && !odd.test(name)) return path.join(this.#root, name);
    const shown = JSON.stringify(name.slice(0, 200));
    throw new HostError("HOST_DENIED", `${shown} is no name of a file within ${this.#root}.`);
  }
}

/** Tells a file from others that had, or will have, its name. */
function identityOf(file: string): bigint | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
  } catch (error) {
    throw toHostError(error, `look at ${file}`);
  }
}

function heldUntilReleased(file: string, lock: FileLock): { release(): void } {
  return {
    release() {
      const isRemoved = remove(file);
      lock.release();
      if (!isRemoved) remove(file); // Windows removes no open file, be it ours or another's
    },
  };
}

/** @returns false when the system refuses */
function remove(file: string): boolean {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

class OpenFile implements FileHandle {
  readonly #handle: fs.FileHandle;
  readonly #file: string;
  #folderUnsynced: boolean;

  constructor(handle: fs.FileHandle, file: string, mayBeNew: boolean) {
    this.#handle = handle;
    this.#file = file;
    this.#folderUnsynced = mayBeNew;
  }

  async length(): Promise<number> {
    return attempt(`look at ${this.#file}`, async () => (await this.#handle.stat()).size);
  }

  async taken(): Promise<number> {
    const { blocks } = await attempt(`look at ${this.#file}`, () => this.#handle.stat());
    return blocks * blockLength;
  }

  async isInPlace(): Promise<boolean> {
    return attempt(`look at ${this.#file}`, () => isAt(this.#handle, this.#file));
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    return attempt(`read ${this.#file}`, async () => {
      return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
    });
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    await attempt(`write ${this.#file}`, async () => {
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.length - at;
        at += (await this.#handle.write(bytes, at, left, position + at)).bytesWritten;
      }
    });
  }

  async truncate(length: number): Promise<void> {
    await attempt(`give ${this.#file} ${length} bytes`, () => this.#handle.truncate(length));
  }

  async sync(): Promise<void> {
    await attempt(`sync ${this.#file}`, async () => {
      await this.#handle.datasync();
      if (!this.#folderUnsynced) return;
      await syncFolder(path.dirname(this.#file)); // else a new file may lose its name
      this.#folderUnsynced = false;
    });
  }

  async close(): Promise<void> {
    await attempt(`close ${this.#file}`, () => this.#handle.close());
  }
}

/** `what` names the act and the file, for the message. */
async function attempt<Value>(what: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    throw toHostError(error, what);
  }
}

async function openOrUndefined(file: string): Promise<fs.FileHandle | undefined> {
  try {
    return await openToRead(file, "HOST_CORRUPT_STATE");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  for (const made of await makeFolders(folder)) await syncFolder(path.dirname(made));
}
