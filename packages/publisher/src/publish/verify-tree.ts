import { join } from "node:path";
import { HostError, type Instant, type TargetPath } from "@causeway/kernel";
import { Lookup, Refresh, TrustedSet, type Want } from "@causeway/trust";
import { fileLength, readDocumentUpTo, readFileUpTo } from "../disk/files.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import type { MetadataFile } from "./tree.ts";

/**
 * Walks the repository as a new client would, from its first root on: a refresh, then a lookup
 * of each path. Files in `ahead` are read as if they were written already.
 * @throws {TrustError} a client would refuse the repository
 * @throws {HostError} `HOST_MISSING` when a file that is vouched for is not there
 */
export async function verifyTree(
  repository: string,
  ahead: readonly MetadataFile[],
  entries: readonly TargetEntry[],
  now: Instant,
): Promise<void> {
  const overlay = new Map(ahead.map((file) => [file.path, file.bytes]));
  const readWanted = async (want: Want): Promise<Uint8Array | undefined> => {
    const path = `metadata/${want.path}`;
    return overlay.get(path) ?? (await readDocumentUpTo(join(repository, path), want.lengthMax));
  };
  const first = join(repository, "metadata", "1.root.json");
  const pinned = await readFileUpTo(first, 1024 * 1024);
  if (pinned === undefined) throw new HostError("HOST_MISSING", `${first} is missing.`);
  const refresh = new Refresh(TrustedSet.open(pinned, new Map(), now), now);
  for (let want = refresh.want; want !== undefined; want = refresh.want) {
    const bytes = await readWanted(want);
    if (bytes !== undefined) refresh.offer(bytes);
    else if (want.absence === "final") refresh.absent();
    else throw missing(want.path);
  }
  for (const entry of entries) {
    const lookup = new Lookup(refresh.set, entry.path, now);
    for (let want = lookup.want; want !== undefined; want = lookup.want) {
      const bytes = await readWanted(want);
      if (bytes === undefined) throw missing(want.path);
      lookup.offer(bytes);
    }
    if (lookup.fault !== undefined) throw lookup.fault;
    await checkFile(repository, entry.path, lookup.found?.locations ?? []);
  }
}

async function checkFile(
  repository: string,
  path: TargetPath,
  locations: readonly string[],
): Promise<void> {
  for (const location of locations) {
    if ((await fileLength(join(repository, "targets", location))) !== undefined) return;
  }
  throw missing(path);
}

function missing(what: string): HostError {
  return new HostError("HOST_MISSING", `${what} is missing from the repository; publish again.`);
}
