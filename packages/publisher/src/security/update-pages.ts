import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { patchPages } from "./patch-pages.ts";
import { piecesOf } from "./pieces.ts";
import { publicPatches } from "./public-patch.ts";
import { treePathOf, webRoutesOf } from "./web-routes.ts";
import { type WritePagesOptions, writePages } from "./write-pages.ts";

/**
 * Brings `repository/security/` to what the signed documents and the route list say: formats that
 * others read, and that no client of ours trusts. Needs no key; every target must be in place.
 * @param entries what the signed documents vouch for; anything else stays untold
 * @returns bytes that were written
 * @throws {HostError}
 */
export async function updatePages(
  folder: VendorFolder,
  { name, routes: listed }: Pick<Config, "name" | "routes">,
  entries: readonly TargetEntry[],
  options: WritePagesOptions,
): Promise<number> {
  const routes = webRoutesOf(listed);
  const sources = publicPatches(entries).map((each) => {
    return patchPages(each, routes, name, (patch) => {
      const file = join(folder.repository, treePathOf(patch));
      return piecesOf(folder, patch.target, file, options.signal);
    });
  });
  return writePages(folder.repository, sources, options);
}
