import { link } from "node:fs/promises";
import { dirname, join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError, Interrupted, type Sha256 } from "@causeway/kernel";
import { copyDurably } from "../disk/copy.ts";
import { digestOf, fileChunks } from "../disk/digest.ts";
import {
  fileLength,
  makeFolder,
  moveDurably,
  type NewFile,
  scratchName,
  writeAllDurably,
} from "../disk/files.ts";
import type { GeneratedFile } from "../releases/generated-file.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import type { TreeFile } from "./tree.ts";

export interface PlaceOptions {
  readonly scratch: string;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Puts staged artifacts at their place in the repository, each checked against its hash. They
 * stay staged as well, so that a kill loses nothing.
 * @returns bytes that were placed
 * @throws {HostError} `HOST_MISSING` or `HOST_CORRUPT_STATE` when an artifact is gone or changed
 */
export async function placeArtifacts(
  folder: VendorFolder,
  files: readonly TreeFile[],
  options: PlaceOptions,
): Promise<number> {
  const checked = new Set<Sha256>();
  let bytes = 0;
  for (const [at, file] of files.entries()) {
    if (options.signal?.aborted === true) throw new Interrupted();
    options.onProgress(at + 1, files.length);
    const to = join(folder.repository, file.path);
    if ((await fileLength(to)) === file.length) continue;
    const staged = folder.stagedFile(file.sha256);
    if (!checked.has(file.sha256)) await checkStaged(staged, file);
    checked.add(file.sha256);
    await makeFolder(options.scratch);
    const scratch = scratchName(options.scratch, to);
    await linkOrCopy(staged, scratch);
    await moveDurably(scratch, to);
    bytes += file.length;
  }
  return bytes;
}

/** Writes catalogues, advisories and the route list where they are missing. */
export async function placeGenerated(
  folder: VendorFolder,
  files: readonly { readonly place: TreeFile; readonly file: GeneratedFile }[],
  options: PlaceOptions,
): Promise<number> {
  const missing: NewFile[] = [];
  for (const { place, file } of files) {
    const path = join(folder.repository, place.path);
    if ((await fileLength(path)) !== place.length) missing.push({ path, bytes: file.bytes });
  }
  await writeAllDurably(missing, { scratch: options.scratch });
  return missing.reduce((sum, file) => sum + file.bytes.length, 0);
}

async function checkStaged(path: string, file: TreeFile): Promise<void> {
  if ((await fileLength(path)) === undefined) {
    const message =
      `${file.path} is neither published nor staged; restore it from a carrier or a copy, ` +
      "or remove its record in releases/ and add the patch again.";
    throw new HostError("HOST_MISSING", message);
  }
  const found = await digestOf(fileChunks(path)).catch((cause: unknown) => {
    throw toHostError(cause, `read ${path}`);
  });
  if (found.sha256 === file.sha256 && found.length === file.length) return;
  const message = `${path} was damaged after it was added; remove its record and add it again.`;
  throw new HostError("HOST_CORRUPT_STATE", `${dirname(file.path)}: ${message}`);
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to); // no second copy of the bytes, and the staged name can go later
  } catch {
    await copyDurably(from, to); // another file system, or one without links
  }
}
