import { HostError, Interrupted } from "@causeway/kernel";
import type { Log } from "../log.ts";
import type { Carrier } from "./carrier.ts";
import { type CarriedRoute, type CarryOptions, carry } from "./carry.ts";
import { OwnFiles } from "./own-files.ts";
import { repositoryRoute } from "./result.ts";
import type { Tree } from "./tree.ts";

/**
 * Brings a state that is complete in folder `repository` to all carriers.
 * @param bytes that were written to `repository` before
 * @returns what became of the repository itself, which is a route too, then of each carrier
 * @throws {Interrupted}
 */
export async function carryOut(
  repository: string,
  tree: Tree,
  carriers: readonly Carrier[],
  bytes: number,
  options: CarryOptions & { readonly log: Log },
): Promise<readonly CarriedRoute[]> {
  const own = new OwnFiles(repository, carriers, options.log);
  if (options.everyByte) await readAll(own, tree, options.signal);
  const routes = await carry(own, tree, carriers, options);
  const written = bytes + own.bytes;
  const { fault } = own;
  if (fault === undefined) return [{ id: repositoryRoute, ok: true, bytes: written }, ...routes];
  const { code, message } = fault;
  return [{ id: repositoryRoute, ok: false, bytes: written, error: { code, message } }, ...routes];
}

async function readAll(own: OwnFiles, tree: Tree, signal: AbortSignal | undefined): Promise<void> {
  for (const file of tree.targets) {
    if (signal?.aborted === true) throw new Interrupted();
    try {
      await own.ensure(file);
    } catch (error) {
      // Told at the end, with the others; carriers that have the file still get the rest.
      if (!(error instanceof HostError) || error.code !== "HOST_CORRUPT_STATE") throw error;
    }
  }
}
