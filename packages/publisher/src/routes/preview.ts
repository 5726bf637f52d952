import { resolve } from "node:path";
import { configFrom, readConfigText } from "../config/config.ts";
import { readShardKeys } from "../keys/shard-keys.ts";
import { lastRouteList } from "../publish/last-route-list.ts";
import { readPublished } from "../publish/published.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { type ListedRoute, listed, type RouteChange, routeChanges } from "./changes.ts";
import type { RouteEdit } from "./edit.ts";
import { editedText } from "./edited-text.ts";
import { knownRoutes } from "./reserves.ts";
import { routesToSign } from "./to-sign.ts";

/**
 * What an edit of the list of routes would change. Writes nothing, and needs no key but those of
 * shards.
 * @param earlier edits that will have been made by then
 * @throws as `editRoutes`, as far as it does not need other keys
 */
export async function previewRoutes(
  dir: string,
  edit: RouteEdit,
  earlier: readonly RouteEdit[] = [],
): Promise<readonly RouteChange[]> {
  const folder = new VendorFolder(resolve(dir));
  const last = await lastRouteList(folder, await readPublished(folder.repository));
  const known = knownRoutes(last, await readShardKeys(folder));
  const routesIn = async (text: string): Promise<readonly ListedRoute[]> => {
    return routesToSign(await configFrom(text, folder.config), known).map(listed);
  };
  let text = await readConfigText(folder.config);
  for (const each of earlier) text = await editedText(folder, text, each);
  return routeChanges(await routesIn(text), await routesIn(await editedText(folder, text, edit)));
}
