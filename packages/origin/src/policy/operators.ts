import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError, routeListPath } from "@causeway/kernel";
import { type Authority, authorityOver, limits, storedRootName, TrustedSet } from "@causeway/trust";
import { readBounded } from "../read-bounded.ts";

const rootsMax = 1_024; // twenty years of one rotation a week

/**
 * Who signs policies: the keys that may sign the list of routes in this repository, whose own files
 * say so, from its first root on. Whoever can write those decides what is served anyway.
 * @throws {TrustError}
 * @throws {HostError} `HOST_MISSING` when the tree is no whole repository
 */
export async function operatorsOf(tree: string): Promise<Authority> {
  const metadata = join(tree, "metadata");
  const first = await required(join(metadata, storedRootName(1)), limits.rootBytesMax);
  const roots = new Map<string, Uint8Array>();
  while (roots.size < rootsMax) {
    const name = storedRootName(roots.size + 2);
    const bytes = await readBounded(join(metadata, name), limits.rootBytesMax);
    if (bytes === undefined) break;
    roots.set(name, bytes);
  }
  const { root } = TrustedSet.open(first, roots, 0);
  const newest = `${await newestTargets(metadata)}.targets.json`;
  const targets = await required(join(metadata, newest), limits.targetsBytesMax);
  return authorityOver(routeListPath, root, targets);
}

async function newestTargets(metadata: string): Promise<number> {
  try {
    const versions = (await readdir(metadata)).map((name) => {
      return Number(/^([1-9]\d{0,14})\.targets\.json$/.exec(name)?.[1] ?? 1);
    });
    return versions.reduce((a, b) => Math.max(a, b), 1);
  } catch (cause) {
    throw toHostError(cause, `list ${metadata}`);
  }
}

async function required(file: string, lengthMax: number): Promise<Uint8Array> {
  const bytes = await readBounded(file, lengthMax);
  if (bytes !== undefined) return bytes;
  throw new HostError("HOST_MISSING", `${file} is missing: nothing says who may sign policies.`);
}
