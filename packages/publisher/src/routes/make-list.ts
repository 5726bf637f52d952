import type { RouteList, ShardKeys } from "@causeway/kernel";
import type { Config, KnownRoute } from "../config/config.ts";
import { warnIfShared } from "../keys/key-file.ts";
import { readShardKeys, withMarks, withoutUnused, writeShardKeys } from "../keys/shard-keys.ts";
import type { Log } from "../log.ts";
import { lastRouteList } from "../publish/last-route-list.ts";
import type { Published } from "../publish/published.ts";
import { routeListFile } from "../publish/sign.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { knownRoutes, sealReserves } from "./reserves.ts";
import { publicOf, routesToSign } from "./to-sign.ts";

/** The list of routes that is to be signed. */
export interface MadeList extends ReturnType<typeof routeListFile> {
  /** The public list; undefined when it is damaged. */
  readonly last: RouteList | undefined;
  /** What the public list says, and what this one will. */
  readonly before: readonly KnownRoute[];
  readonly after: readonly KnownRoute[];
  /** Brings the keys that it was sealed with onto the disk: before anybody can see the list. */
  keep(): Promise<void>;
}

export interface MakeListOptions {
  /** The id of a sealed route: clients are given the key of its shard from now on. */
  readonly given?: string | undefined;
  /** What waits for signatures: what it has sealed as it is wanted stays so. */
  readonly waiting?: Pick<RouteList, "sealed"> | undefined;
}

/**
 * Makes the list from causeway.yaml and what is public.
 * @throws {UsageError} `CONFIG_MALFORMED`, `KEY_MISSING`, `KEY_UNREADABLE` @throws {HostError}
 */
export async function makeRouteList(
  folder: VendorFolder,
  config: Config,
  published: Published,
  log: Log,
  { given, waiting }: MakeListOptions = {},
): Promise<MadeList> {
  const last = await lastRouteList(folder, published);
  const keys = await readShardKeys(folder);
  const before = knownRoutes(last, keys);
  const after = routesToSign(config, before);
  const boxes = last?.sealed ?? [];
  // What the public list has is needed until the next one is out, and of a damaged one nobody knows.
  const used = new Set([...boxes, ...after].flatMap(({ shard }) => shard ?? []));
  const useful = last === undefined ? keys : withoutUnused(keys, used);
  const sealed = sealReserves(after, boxes, useful, waiting?.sealed);
  if (sealed.boxes.length > 0) await warnIfShared(folder.config, log);
  const { pollSeconds } = config;
  const wanted = { routes: publicOf(after), pollSeconds, sealed: sealed.boxes };
  const file = routeListFile(wanted, last, published.versions.get("routes") ?? 0);
  const shard = after.find(({ entry }) => entry.id === given)?.shard;
  const kept = shard === undefined ? sealed.keys : withMarks(sealed.keys, [shard], { given: true });
  return { ...file, last, before, after, keep: () => keep(folder, keys, kept) };
}

async function keep(folder: VendorFolder, before: ShardKeys, after: ShardKeys): Promise<void> {
  if (after !== before) await writeShardKeys(folder, after);
}
