import type { RouteDocument, WholeState } from "@causeway/client/internal/follow";
import { type Instant, type Store, TrustError } from "@causeway/kernel";
import { Lookup, limits, Refresh, RoleWalk, TrustedSet, type Want } from "@causeway/trust";

/**
 * Makes the state the one that the tree serves; its targets are in place. First what nobody reads
 * yet; then all of it is read back, and walked as a client would; a new root and the timestamp come
 * last. A kill at any instant leaves the old state or the new one.
 * @param now judges expiry
 * @returns whether the timestamp is another one than before
 * @throws {TrustError} what was read back does not verify; the tree serves what it did
 * @throws {HostError}
 */
export async function publishState(tree: Store, state: WholeState, now: Instant): Promise<boolean> {
  const { roots, documents, timestamp, leadsTo } = state;
  const isNews = !(await isThere(tree, timestamp.path, timestamp.bytes));
  for (const document of documents) await bring(tree, document);
  const ahead = new Map([...roots, timestamp].map(({ path, bytes }) => [path, bytes]));
  const first = roots[0];
  if (first === undefined) throw new TrustError("TRUST_MIXED", "root", "is not known");
  await walk(tree, { root: first.bytes, ahead, leadsTo }, now);
  // Whom the last root served still accepts the timestamp, may have it before the newer roots: so
  // that nobody meets a new root beside a timestamp of retired keys.
  const last = await newestServed(tree, roots);
  const isBridged = last !== undefined && (await isWalkable(tree, last.bytes, state, now));
  if (isBridged) await bring(tree, timestamp);
  for (const root of roots) await bring(tree, root);
  await bring(tree, timestamp);
  return isNews;
}

async function bring(tree: Store, { path, bytes }: RouteDocument): Promise<void> {
  if (!(await isThere(tree, path, bytes))) await tree.write(path, bytes);
}

async function isThere(tree: Store, path: string, bytes: Uint8Array): Promise<boolean> {
  const there = await readDocument(tree, path);
  return there !== undefined && Buffer.compare(there, bytes) === 0;
}

async function readDocument(tree: Store, path: string): Promise<Uint8Array | undefined> {
  return tree.read(path, limits.targetsBytesMax);
}

async function newestServed(
  tree: Store,
  roots: readonly RouteDocument[],
): Promise<RouteDocument | undefined> {
  let newest: RouteDocument | undefined;
  for (const root of roots) {
    if (await isThere(tree, root.path, root.bytes)) newest = root;
  }
  return newest;
}

/** Whether who trusts `root`, and sees none that follows, accepts the state. */
async function isWalkable(
  tree: Store,
  root: Uint8Array,
  { timestamp, leadsTo }: WholeState,
  now: Instant,
): Promise<boolean> {
  try {
    const ahead = new Map([[timestamp.path, timestamp.bytes]]);
    await walk(tree, { root, ahead, leadsTo }, now);
    return true;
  } catch (error) {
    if (error instanceof TrustError) return false;
    throw error;
  }
}

interface Walk {
  readonly root: Uint8Array;
  /** What counts as written; besides it only what is no root and no timestamp is read. */
  readonly ahead: ReadonlyMap<string, Uint8Array>;
  readonly leadsTo: WholeState["leadsTo"];
}

async function walk(tree: Store, { root, ahead, leadsTo }: Walk, now: Instant): Promise<void> {
  const read = async (want: Want): Promise<Uint8Array> => {
    const path = `metadata/${want.path}`;
    const bytes = ahead.get(path) ?? (await readDocument(tree, path));
    if (bytes !== undefined) return bytes;
    throw new TrustError("TRUST_MIXED", want.role, `${want.path} is not in the tree`);
  };
  const refresh = new Refresh(TrustedSet.open(root, new Map(), now), now);
  for (let { want } = refresh; want !== undefined; want = refresh.want) {
    if (want.absence === "final" && !ahead.has(`metadata/${want.path}`)) refresh.absent();
    else refresh.offer(await read(want));
  }
  const searches = leadsTo?.map((path) => new Lookup(refresh.set, path, now)) ?? [
    new RoleWalk(refresh.set),
  ];
  for (const search of searches) {
    for (let { want } = search; want !== undefined; want = search.want) {
      search.offer(await read(want));
    }
  }
}
