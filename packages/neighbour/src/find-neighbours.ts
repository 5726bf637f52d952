import { knownRepository } from "@causeway/client/internal/known-routes";
import { readTrust } from "@causeway/client/internal/read-trust";
import { folderStore } from "@causeway/client/node";
import { type Ports, UsageError } from "@causeway/kernel";
import { lookForNeighbours } from "./discovery/look.ts";

export interface FindOptions {
  /** A customer's. */
  readonly stateFolder: string;
  /** The vendor's root.json, as bytes or the path of the file; needed until the state trusts one. */
  readonly trust?: string | Uint8Array;
  readonly ports: Pick<Ports, "clock" | "random">;
  readonly signal: AbortSignal;
}

/**
 * Neighbours that hold something of the state's vendor, for `neighbours` of `openClient`. It takes
 * 0.6 s where there are some, and 1.5 s where there are none.
 * @throws {UsageError} the state trusts no vendor yet, or began with a later root than the first
 * @throws {HostError}; the signal's reason
 */
export async function findNeighbours(options: FindOptions): Promise<readonly string[]> {
  const { stateFolder, ports, signal } = options;
  const trust = await readTrust(options.trust);
  const store = folderStore(stateFolder);
  const repository = await knownRepository(store, ports.clock.wall(), trust);
  if (repository === undefined) throw unknownVendor(stateFolder);
  return lookForNeighbours({ repository, ...ports, signal });
}

/** Of a state that nobody can name to others. */
export function unknownVendor(stateFolder: string): UsageError {
  const why = "began with a later root than the vendor's first, by which neighbours know it";
  const text = `${stateFolder} ${why}; begin a new state with the first.`;
  return new UsageError("USAGE_ARGUMENT", text);
}
