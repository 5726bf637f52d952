import { randomBytes } from "node:crypto";
import { chmod, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { syncFolder } from "@causeway/client/internal/sync-folder";

/**
 * Replaces the file as one step that survives a power cut: the old bytes or the new ones.
 * @param mode of the new file, whatever the umask; nobody else can ever read more of it
 * @throws {HostError}
 */
export async function replaceFile(
  file: string,
  bytes: string | Uint8Array,
  mode: number,
): Promise<void> {
  const folder = dirname(file);
  const draft = join(folder, `.${basename(file)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(draft, "wx", mode);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, mode);
    await rename(draft, file);
    await syncFolder(folder);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined); // the first error says more
    throw toHostError(cause, `write ${file}`);
  }
}
