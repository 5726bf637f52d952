import { join } from "node:path";
import type { Instant } from "@causeway/kernel";
import { readDocumentUpTo, writeAllDurably } from "../disk/files.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { documentBytesMax } from "./published.ts";
import { bringLast, type MetadataFile, type Tree } from "./tree.ts";
import { verifyTree } from "./verify-tree.ts";

/**
 * Writes the metadata of a state whose targets are in place. First what nobody reads yet; then
 * the state is walked as a client would; only then come a new root and the timestamp. A
 * kill at any instant leaves the old state or the new one, and the same call can be made again.
 * @param beforeLast called when all but a new root and the timestamp is in place and verified
 * @returns bytes that were written, without those of `beforeLast`
 * @throws {TrustError} a client would refuse the new state; the old one stays
 */
export async function writeMetadata(
  repository: string,
  tree: Tree,
  check: readonly TargetEntry[],
  now: Instant,
  beforeLast: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const scratch = join(repository, ".incoming");
  let written = 0;
  const write = async (files: readonly MetadataFile[]): Promise<void> => {
    const news = files.map(({ path, bytes }) => ({ path: join(repository, path), bytes }));
    await writeAllDurably(news, { scratch });
    for (const { length } of files) written += length;
  };
  await write(await changedIn(repository, tree.metadata));
  await verifyTree(repository, [...tree.roots, tree.timestamp], check, now);
  await beforeLast();
  await bringLast(tree, async (file, always = false) => {
    const changed = always ? [file] : await changedIn(repository, [file]);
    await write(changed);
    return changed.length > 0;
  });
  return written;
}

async function changedIn(
  repository: string,
  files: readonly MetadataFile[],
): Promise<readonly MetadataFile[]> {
  const changed: MetadataFile[] = [];
  for (const file of files) {
    const there = await readDocumentUpTo(join(repository, file.path), documentBytesMax);
    if (there === undefined || Buffer.compare(there, file.bytes) !== 0) changed.push(file);
  }
  return changed;
}
