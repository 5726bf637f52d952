import { randomBytes } from "node:crypto";
import { closeSync, fsync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { readdir, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { makeFolders } from "@causeway/client/internal/make-folders";
import { syncFolder as syncToDisk } from "@causeway/client/internal/sync-folder";
import { HostError } from "@causeway/kernel";

/** A file to be written, with the bytes that it shall have. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface WriteOptions {
  /** Where the bytes lie until they are complete: on the same file system as the files. */
  readonly scratch: string;
  readonly mode?: number;
}

const readAtOnceMax = 256 * 1024;
const sync = promisify(fsync);
const writtenAtOnce = 16; // a sync mostly waits, and one sync of the disk serves many files

/** The whole file, or undefined when there is none. @throws {HostError} */
export async function readFileUpTo(
  path: string,
  lengthMax: number,
): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    requireLength(path, size, lengthMax);
    return await readFile(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `read ${path}`);
  }
}

/**
 * As `readFileUpTo`, for the hundreds of small documents of a repository: to ask another thread for
 * each step of each file takes most of a command's time. Not for a folder of which nothing was read
 * before: a file server that is dead would hold up Ctrl-C.
 * @throws {HostError}
 */
export async function readDocumentUpTo(
  path: string,
  lengthMax: number,
): Promise<Uint8Array | undefined> {
  try {
    const info = statSync(path);
    if (!info.isFile() || info.size > readAtOnceMax) return await readFileUpTo(path, lengthMax);
    requireLength(path, info.size, lengthMax);
    return readFileSync(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `read ${path}`);
  }
}

function requireLength(path: string, length: number, lengthMax: number): void {
  if (length <= lengthMax) return;
  throw new HostError("HOST_CORRUPT_STATE", `${path} is larger than any file of its kind.`);
}

/** The file's length in bytes, or undefined when there is no such file. @throws {HostError} */
export async function fileLength(path: string): Promise<number | undefined> {
  try {
    const info = await stat(path);
    return info.isFile() ? info.size : undefined;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `look at ${path}`);
  }
}

/** Names in the folder, sorted; [] when there is none. @throws {HostError} */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw toHostError(cause, `list ${folder}`);
  }
}

/** Paths of all files below the folder, from there and with `/`; [] when there is none. @throws {HostError} */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => {
      return relative(folder, join(parentPath, name)).replaceAll(sep, "/");
    });
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw toHostError(cause, `list ${folder}`);
  }
}

/** Removes the file, if it is there, and the folders that it leaves empty. @throws {HostError} */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw toHostError(cause, `remove ${path}`);
  }
  try {
    for (let folder = dirname(path); ; folder = dirname(folder)) await rmdir(folder);
  } catch {
    // Others lie there, or it is somebody's mount; an empty folder does no harm.
  }
}

/** Makes the folder and those above it. @throws {HostError} */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  try {
    await makeFolders(path, mode);
  } catch (cause) {
    throw toHostError(cause, `make the folder ${path}`);
  }
}

/** Removes the file or folder with all in it, if it is there. @throws {HostError} */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (cause) {
    throw toHostError(cause, `remove ${path}`);
  }
}

/** Replaces the file as one step that survives a power cut. @throws {HostError} */
export async function writeDurably(file: NewFile, options: WriteOptions): Promise<void> {
  await writeAllDurably([file], options);
}

/**
 * Writes all files; each one appears as one step, complete and on the disk. None appears before
 * all of them are on the disk, so a full disk leaves the old ones.
 * @throws {HostError}
 */
export async function writeAllDurably(
  files: readonly NewFile[],
  options: WriteOptions,
): Promise<void> {
  await makeFolder(options.scratch);
  const waiting: { from: string; to: string }[] = [];
  try {
    for (let at = 0; at < files.length; at += writtenAtOnce) {
      const some = files.slice(at, at + writtenAtOnce).map((file) => {
        const from = scratchName(options.scratch, file.path);
        waiting.push({ from, to: file.path });
        return writeNew(from, file.bytes, options.mode ?? 0o644);
      });
      for (const outcome of await Promise.allSettled(some)) {
        if (outcome.status === "rejected") throw outcome.reason;
      }
    }
    for (const folder of new Set(files.map((file) => dirname(file.path)))) await makeFolder(folder);
    for (const { from, to } of waiting) await rename(from, to);
  } catch (cause) {
    await Promise.allSettled(waiting.map(({ from }) => rm(from, { force: true })));
    throw toHostError(cause, `write ${waiting.at(-1)?.to ?? options.scratch}`);
  }
  for (const folder of new Set(files.map((file) => dirname(file.path)))) await syncFolder(folder);
}

export function scratchName(scratch: string, path: string): string {
  return join(scratch, `${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}`);
}

async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const fd = openSync(path, "wx", mode);
  try {
    writeFileSync(fd, bytes);
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file that nobody knows yet; its bytes are on the disk when this resolves. @throws {HostError} */
export async function writeScratch({ path, bytes }: NewFile): Promise<void> {
  try {
    await writeNew(path, bytes, 0o644);
  } catch (cause) {
    throw toHostError(cause, `write ${path}`);
  }
}

/** Puts a complete file, already synced, at its place. @throws {HostError} */
export async function moveDurably(from: string, to: string): Promise<void> {
  try {
    await makeFolder(dirname(to));
    await rename(from, to);
  } catch (cause) {
    throw toHostError(cause, `write ${to}`);
  }
  await syncFolder(dirname(to));
}

/** Names that were made or replaced in the folder are on the disk when this resolves. @throws {HostError} */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await syncToDisk(folder);
  } catch (cause) {
    throw toHostError(cause, `sync ${folder}`);
  }
}
