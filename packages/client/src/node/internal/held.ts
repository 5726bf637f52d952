import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";

/** The folder, within a state, of what `bundle apply` has brought: a repository's tree. */
export function heldFolder(stateFolder: string): string {
  return path.resolve(stateFolder, "held");
}

/** That folder as a route; undefined while there is none. */
export function heldRoute(stateFolder: string): string | undefined {
  const folder = heldFolder(stateFolder);
  if (!existsSync(path.join(folder, "metadata", "timestamp.json"))) return undefined;
  return pathToFileURL(`${folder}/`).href;
}
