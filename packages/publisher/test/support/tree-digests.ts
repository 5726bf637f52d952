import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Digest of every file in the tree, by path. */
export async function treeDigests(tree: string): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for (const entry of await readdir(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const sha256 = createHash("sha256").update(await readFile(path));
    digests.set(path.slice(tree.length), sha256.digest("hex"));
  }
  return digests;
}
