import type { TargetEntry } from "../documents/target-entry.ts";
import type { CarriedRoute } from "./carry.ts";
import type { Documents } from "./tree.ts";

/** What a publish or a refresh did; `causeway publish --json` prints it. */
export interface PublishResult {
  /** The vendor's name for it. */
  readonly repository: string;
  /** Version of each role, the bins left out. */
  readonly versions: Readonly<Record<string, number>>;
  /** How many patches are public. */
  readonly patches: number;
  /** First the repository folder itself, as `repository`; then each carrier. */
  readonly routes: readonly CarriedRoute[];
}

/** How many of these are patches: only they have something of their own in their entry. */
export function patchCount(entries: readonly TargetEntry[]): number {
  return entries.filter((entry) => entry.custom !== undefined).length;
}

export const repositoryRoute = "repository";

export function roleVersions(documents: Documents): Readonly<Record<string, number>> {
  const { roots, targets, delegated, snapshot, timestamp } = documents;
  return {
    root: roots.at(-1)?.version ?? 0,
    targets: targets.version,
    patches: delegated.get("patches")?.version ?? 0,
    routes: delegated.get("routes")?.version ?? 0,
    snapshot: snapshot.version,
    timestamp: timestamp.version,
  };
}
