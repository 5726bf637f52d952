import { type Instant, parseJson, type Store } from "@causeway/kernel";

const record = ".mirror/old.json";
const recordBytesMax = 64 * 1024 * 1024;

/**
 * Removes what the state that is out does not name and has not named for `graceMs`: readers who
 * began before it came may still be under way. Since when a file is not named is kept beside the
 * tree; a clock that was set back lets it stay longer.
 * @param names all files of the tree
 * @param remove one of them
 * @returns how many were removed
 * @throws {HostError}
 */
export async function removeOldFiles(
  tree: Store,
  { names, isNamed }: { names: readonly string[]; isNamed: (name: string) => boolean },
  { now, graceMs }: { now: Instant; graceMs: number },
  remove: (name: string) => Promise<void>,
): Promise<number> {
  const known = await readSince(tree);
  const since = new Map<string, Instant>();
  let removed = 0;
  for (const name of names.filter((each) => !isNamed(each))) {
    const at = Math.min(known.get(name) ?? now, now);
    if (now - at < graceMs) since.set(name, at);
    else {
      await remove(name);
      removed++;
    }
  }
  if (since.size > 0 || known.size > 0) {
    await tree.write(record, Buffer.from(JSON.stringify(Object.fromEntries(since))));
  }
  return removed;
}

/** Damaged, it is none: then files stay for one more grace. */
async function readSince(tree: Store): Promise<ReadonlyMap<string, Instant>> {
  const since = new Map<string, Instant>();
  try {
    const bytes = await tree.read(record, recordBytesMax);
    const value = bytes && parseJson(bytes, record);
    if (!(value instanceof Map)) return since;
    for (const [name, at] of value) if (typeof at === "number") since.set(name, at);
  } catch {
    since.clear();
  }
  return since;
}
