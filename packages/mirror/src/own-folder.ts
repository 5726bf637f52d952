import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import * as path from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { makeFolders } from "@causeway/client/internal/make-folders";
import { UsageError } from "@causeway/kernel";
import { TreeFiles } from "./tree-files.ts";

const own = ".mirror";
const ownMode = 0o700; // what is known of routes is nobody's but the mirror's

/**
 * Makes what a tree of ours has beside what it serves, and the tree. A folder of somebody else's is
 * not the place: what no state names would be removed from it.
 * @returns the folder `.mirror` within the tree
 * @throws {UsageError} `USAGE_ARGUMENT` when a repository lies there that is none of ours
 * @throws {HostError}
 */
export async function makeOwnFolder(tree: string): Promise<string> {
  const state = path.join(tree, own);
  if (existsSync(state)) return state;
  try {
    await makeFolders(tree);
    // Before it is made: it is what tells a mirror's folder, also after a refusal.
    const names = await new TreeFiles(tree).names();
    if (names.length === 0) await mkdir(state, { mode: ownMode, recursive: true });
  } catch (cause) {
    throw toHostError(cause, `make the folder ${state}`);
  }
  if (existsSync(state)) return state;
  throw new UsageError("USAGE_ARGUMENT", `${tree} holds a repository that is no mirror's.`);
}
