import { type Artifact, compareVersions, type Delta, type ReleaseRecord } from "@causeway/kernel";

/** A patch that was added: the file that customers install, and what is signed of it. */
export interface Release {
  readonly target: Artifact;
  readonly record: ReleaseRecord;
  /** What the list says that the record vouches for. */
  readonly deltas: readonly Delta[];
}

/** Newest first; releases of one version in the order of their platforms. */
export function byNewest(a: Release, b: Release): number {
  const order = compareVersions(b.record.version, a.record.version);
  if (order !== 0) return order;
  return a.record.platform < b.record.platform ? -1 : 1;
}
