import { createHash } from "node:crypto";
import type { Followed } from "@causeway/client/internal/follow";
import { HostError, type Store } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";

/** One file of the tree. */
export interface TreeTarget {
  readonly target: TargetFile;
  /** Below `targets/`. */
  readonly location: string;
}

export interface FillProgress {
  /** Bytes of what was missing. */
  readonly done: number;
  readonly total: number;
}

const parts = ".mirror/parts";
const filesAtOnce = 4; // of many small ones the round trips are the time

/** Where the files of the targets lie; a target with several hashes has several names. */
export function filesOf(targets: readonly TargetFile[]): readonly TreeTarget[] {
  return targets.flatMap((target) => target.locations.map((location) => ({ target, location })));
}

/**
 * Fetches the files that the tree lacks. Each grows beside the tree, is verified and synced, and
 * only then gets its name. What a kill or a failure leaves is used by the next call.
 * @throws {NoRouteDelivered} {HostError}
 */
export async function fillTree(
  tree: Store,
  followed: Pick<Followed, "fetch">,
  missing: readonly TreeTarget[],
  onProgress: (progress: FillProgress) => void,
): Promise<void> {
  await removeOldParts(tree, missing);
  const total = missing.reduce((sum, { target }) => sum + target.length, 0);
  await requireSpace(tree, total);
  const done = new Map<TreeTarget, number>();
  const told = (each: TreeTarget, bytes: number): void => {
    done.set(each, bytes);
    onProgress({ done: [...done.values()].reduce((sum, one) => sum + one, 0), total });
  };
  const queue = [...missing];
  const stop: { error?: unknown } = {};
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const each = next;
      await fetchOne(tree, followed, each, (bytes) => told(each, bytes));
    }
  };
  const workers = Array.from({ length: filesAtOnce }, async () => {
    try {
      await work();
    } catch (error) {
      queue.length = 0; // the others end with what they are at
      stop.error ??= error;
    }
  });
  await Promise.all(workers);
  if (stop.error !== undefined) throw stop.error;
}

async function fetchOne(
  tree: Store,
  followed: Pick<Followed, "fetch">,
  { target, location }: TreeTarget,
  onProgress: (done: number) => void,
): Promise<void> {
  const part = partOf(location);
  const file = await tree.open(part, "create");
  try {
    await followed.fetch(target, location, file, onProgress);
    await file.sync();
  } finally {
    await file.close();
  }
  await tree.rename(part, `targets/${location}`);
}

/** Where a file of the tree grows. */
export function partOf(location: string): string {
  return `${parts}/${createHash("sha256").update(location).digest("hex")}`;
}

async function removeOldParts(tree: Store, missing: readonly TreeTarget[]): Promise<void> {
  const wanted = new Set(missing.map(({ location }) => partOf(location)));
  for (const name of await tree.list(parts)) {
    if (!wanted.has(`${parts}/${name}`)) await tree.remove(`${parts}/${name}`);
  }
}

/** Before hours of fetching what does not fit. */
async function requireSpace(tree: Store, needed: number): Promise<void> {
  const free = await tree.freeBytes();
  if (free === undefined || free >= needed) return;
  const text = `${needed} bytes more are needed, and the disk has ${free} free.`;
  throw new HostError("HOST_FULL", `${text} Make room, or choose fewer products.`);
}
