import type { Ports } from "@causeway/kernel";
import { lookForNeighbours } from "./discovery/look.ts";
import { repositoryOf } from "./repository-of.ts";

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
  const { ports, signal } = options;
  const repository = await repositoryOf({ ...options, clock: ports.clock });
  return lookForNeighbours({ repository, ...ports, signal });
}
