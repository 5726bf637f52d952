import { join } from "node:path";
import { HostError, Interrupted } from "@causeway/kernel";
import { digestOfFile } from "../disk/digest.ts";
import type { CarriedRoute } from "./carry.ts";
import { repositoryRoute } from "./result.ts";
import type { TreeFile } from "./tree.ts";

/**
 * What became of the repository itself, which is a route too, and what carriers are filled from.
 * @param files are read whole; the first that has other bytes than were signed is its failure
 * @param bytes that were written to it
 * @throws {Interrupted}
 */
export async function ownRoute(
  repository: string,
  files: readonly TreeFile[],
  bytes: number,
  signal: AbortSignal | undefined,
): Promise<CarriedRoute> {
  for (const file of files) {
    if (signal?.aborted === true) throw new Interrupted();
    const path = join(repository, file.path);
    if ((await digestOfFile(path)) === file.sha256) continue;
    const { code, message } = damagedFile(path);
    return { id: repositoryRoute, ok: false, bytes, error: { code, message } };
  }
  return { id: repositoryRoute, ok: true, bytes };
}

/** What to do about a file of the repository that is not what was signed. */
export function damagedFile(path: string): HostError {
  const text = `${path} is damaged: restore it from a carrier or a copy, then publish again`;
  return new HostError("HOST_CORRUPT_STATE", `${text}.`);
}
