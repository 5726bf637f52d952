import { constants } from "node:fs";
import { copyFile, open } from "node:fs/promises";
import { toHostError } from "@causeway/client/internal/host-error";
import { fileChunks } from "./digest.ts";

/**
 * Bytes between two syncs. One sync of all that memory took would leave a slow disk without a sign
 * of life for longer than anybody waits.
 */
const syncedBytes = 8 * 1024 * 1024;

/**
 * Copies the file; the copy is on the disk when this resolves. Calls `onAlive` as it gets on.
 * @throws {HostError}
 */
export async function copyDurably(
  from: string,
  to: string,
  onAlive: () => void = () => undefined,
): Promise<void> {
  try {
    if (!(await sharesBytes(from, to))) await copyBytes(from, to, onAlive);
  } catch (cause) {
    throw toHostError(cause, `copy ${from} to ${to}`);
  }
}

/** Where the file system can, both names have the same bytes until one of them changes. */
async function sharesBytes(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
  } catch {
    return false; // what else is wrong, the plain copy meets again
  }
  const handle = await open(to, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

async function copyBytes(from: string, to: string, onAlive: () => void): Promise<void> {
  const handle = await open(to, "w", 0o644);
  try {
    let unsynced = 0;
    for await (const chunk of fileChunks(from)) {
      await handle.writeFile(chunk);
      onAlive();
      unsynced += chunk.length;
      if (unsynced < syncedBytes) continue;
      await handle.sync();
      unsynced = 0;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
