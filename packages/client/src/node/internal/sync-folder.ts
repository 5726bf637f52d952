import { open } from "node:fs/promises";
import { errnoOf } from "./host-error.ts";

/**
 * Names that were made or replaced in the folder are on the disk when this resolves.
 * @throws the operating system's error
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot open a folder; NTFS journals names
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (cause) {
    if (errnoOf(cause) !== "EINVAL") throw cause; // a file system that cannot, as some over FUSE
  } finally {
    await handle.close();
  }
}
