import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { type HostCode, HostError } from "@causeway/kernel";
import { errnoOf, isMissing } from "./internal/host-error.ts";

// Without O_NONBLOCK, opening a pipe waits for its other end, and no signal ends that wait.
// Windows has neither flag.
const notWaiting = constants.O_NONBLOCK ?? 0;
const readOnly = constants.O_RDONLY | notWaiting;
const existing = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | notWaiting;
const fresh = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

/**
 * Opens a file, or a folder, which then fails to be read.
 * @throws {HostError} `code` when it is a pipe, a socket or a device
 */
export async function openToRead(file: string, code: HostCode): Promise<fs.FileHandle> {
  const text = `${file}: is a pipe, a socket or a device; a file is expected here.`;
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, readOnly);
  } catch (cause) {
    if (errnoOf(cause) !== "ENXIO") throw cause; // a socket, or a device that is not there
    throw new HostError(code, text, { cause });
  }
  const stats = await statOf(handle);
  if (stats.isFile() || stats.isDirectory()) return handle;
  await handle.close();
  throw new HostError(code, text);
}

/**
 * Opens a file of our own, or makes it. What somebody else put under its name, in a folder where
 * others may write, is removed first: a link would lead our bytes to another file, and whoever
 * owns the file could change it after it was checked.
 */
export async function openOwn(file: string): Promise<fs.FileHandle> {
  const there = await ownFile(file);
  if (there !== undefined) return there;
  await fs.rm(file, { force: true });
  return fs.open(file, fresh);
}

async function ownFile(file: string): Promise<fs.FileHandle | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, existing);
  } catch (error) {
    if (["ENOENT", "ELOOP", "ENXIO"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
  if (isOurs(await statOf(handle))) return handle;
  await handle.close();
  return undefined;
}

/** Closes the handle when nothing can be learnt of it. */
async function statOf(handle: fs.FileHandle): Promise<Stats> {
  try {
    return await handle.stat();
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function isOurs(stats: Stats): boolean {
  const user = process.geteuid?.();
  return stats.isFile() && stats.nlink === 1 && (user === undefined || stats.uid === user);
}

/** True when it is the open file itself that lies at `file`: no other one, and no link to it. */
export async function isAt(handle: fs.FileHandle, file: string): Promise<boolean> {
  const open = await handle.stat({ bigint: true });
  const there = await fs.lstat(file, { bigint: true }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  return there !== undefined && there.dev === open.dev && there.ino === open.ino;
}

/** @throws {HostError} `HOST_DENIED` when a file that takes this name would replace a device */
export async function requireReplaceable(file: string): Promise<void> {
  const stats = await fs.lstat(file).catch(() => undefined); // what ails it, the rename tells
  if (stats === undefined || stats.isFile() || stats.isSymbolicLink() || stats.isDirectory())
    return;
  throw new HostError("HOST_DENIED", `${file}: is a pipe or a device, which no file replaces.`);
}
