import { configFrom } from "../config/config.ts";
import { readShardKeys } from "../keys/shard-keys.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { withRoute } from "./config-text.ts";
import { patchesFor, type RouteEdit } from "./edit.ts";

/** What the text of causeway.yaml becomes by an edit. @throws {UsageError} @throws {HostError} */
export async function editedText(
  folder: VendorFolder,
  text: string,
  edit: RouteEdit,
): Promise<string> {
  const config = await configFrom(text, folder.config);
  const keys = await readShardKeys(folder);
  const known = [...keys.shards, ...config.allRoutes];
  const shards = known.flatMap(({ shard }) => (shard === undefined ? [] : [shard]));
  const patches = patchesFor(edit, config, new Set(shards));
  return patches.reduce((so, patch) => withRoute(so, folder.config, patch), text);
}
