import { knownRepository } from "@causeway/client/internal/known-routes";
import { readTrust } from "@causeway/client/internal/read-trust";
import { folderStore } from "@causeway/client/node";
import { type Clock, type RepositoryId, UsageError } from "@causeway/kernel";

/**
 * By which neighbours know the repository of a state.
 * @throws {UsageError} the state trusts no vendor yet, or began with a later root than the first
 * @throws {HostError}
 */
export async function repositoryOf(of: {
  /** A customer's, or a mirror's. */
  readonly stateFolder: string;
  /** The vendor's root.json, as bytes or the path of the file; needed until the state trusts one. */
  readonly trust?: string | Uint8Array;
  readonly clock: Pick<Clock, "wall">;
}): Promise<RepositoryId> {
  const { stateFolder, clock } = of;
  const trust = await readTrust(of.trust);
  const repository = await knownRepository(folderStore(stateFolder), clock.wall(), trust);
  if (repository !== undefined) return repository;
  const why = "began with a later root than the vendor's first, by which neighbours know it";
  const text = `${stateFolder} ${why}; begin a new state with the first.`;
  throw new UsageError("USAGE_ARGUMENT", text);
}
