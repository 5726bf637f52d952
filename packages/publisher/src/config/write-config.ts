import { basename, dirname, join } from "node:path";
import { writeDurably } from "../disk/files.ts";
import { realPlace } from "../disk/real-place.ts";
import type { VendorFolder } from "../vendor-folder.ts";

/**
 * Replaces causeway.yaml as one step that survives a power cut. Where it is a link, the file that it
 * leads to is replaced: the vendor keeps it there, as in a checkout, and looks for changes there.
 * @param isSecret nobody else may read it
 * @throws {HostError}
 */
export async function writeConfig(
  folder: VendorFolder,
  text: string,
  isSecret: boolean,
): Promise<void> {
  const path = await realPlace(folder.config);
  const isHere = path === join(await realPlace(folder.path), basename(folder.config));
  // Elsewhere may be another file system, and what is moved has to come from the same one.
  const scratch = isHere ? folder.work : dirname(path);
  const file = { path, bytes: Buffer.from(text) };
  await writeDurably(file, { scratch, ...(isSecret && { mode: 0o600 }) });
}
