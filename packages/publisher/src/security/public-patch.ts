import { type Artifact, decodeRelease, type Json, type ReleaseRecord } from "@causeway/kernel";
import type { TargetEntry } from "../documents/target-entry.ts";

/** A patch as the signed metadata has it. */
export interface PublicPatch {
  readonly target: Artifact;
  readonly record: ReleaseRecord;
}

/**
 * The patches among the entries, in the order of their paths.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function publicPatches(entries: readonly TargetEntry[]): readonly PublicPatch[] {
  const patches = entries.flatMap(({ path, length, sha256, custom }): PublicPatch[] => {
    const record = decodeRelease(custom as Json | undefined, path);
    return record === undefined ? [] : [{ target: { path, length, sha256 }, record }];
  });
  return patches.toSorted((a, b) => (a.target.path < b.target.path ? -1 : 1));
}
