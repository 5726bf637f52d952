import { resolve } from "node:path";
import { toUtcSecond } from "@causeway/kernel";
import { readConfig } from "../config/config.ts";
import { readShardKeys } from "../keys/shard-keys.ts";
import { lastRouteList } from "../publish/last-route-list.ts";
import { readPublished } from "../publish/published.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { type ListedRoute, listed, type RouteChange, routeChanges } from "./changes.ts";
import { knownRoutes } from "./reserves.ts";
import { routesToSign } from "./to-sign.ts";

/** The vendor's list of routes, signed and to be signed. */
export interface RoutesListed {
  readonly repository: string;
  /** Of the list that is public; 0 when it is damaged. */
  readonly version: number;
  /** When its signature expires, `YYYY-MM-DDTHH:MM:SSZ`; "" when it is damaged. */
  readonly expires: string;
  /** What causeway.yaml says, and what was ever retired. */
  readonly routes: readonly ListedRoute[];
  /** Shards whose keys clients are given with their tickets. */
  readonly givenShards: readonly number[];
  /** Shards whose keys an announcement has. */
  readonly announcedShards: readonly number[];
  /** How that differs from the list that is public. */
  readonly unpublished: readonly RouteChange[];
}

/**
 * Reads the routes of a vendor folder. Needs no key but those of shards, and no lock.
 * @throws {UsageError} `CONFIG_MISSING`, `CONFIG_MALFORMED` @throws {HostError}
 */
export async function listRoutes(dir: string): Promise<RoutesListed> {
  const folder = new VendorFolder(resolve(dir));
  const config = await readConfig(folder.config);
  const published = await readPublished(folder.repository);
  const last = await lastRouteList(folder, published);
  const keys = await readShardKeys(folder);
  const before = knownRoutes(last, keys);
  const routes = routesToSign(config, before).map(listed);
  const document = published.delegated.get("routes");
  return {
    repository: config.name,
    version: last?.version ?? 0,
    expires: document === undefined ? "" : toUtcSecond(document.expires),
    routes,
    givenShards: keys.shards.flatMap(({ shard, given }) => (given === true ? [shard] : [])),
    announcedShards: keys.shards.flatMap(({ shard, announced }) => (announced ? [shard] : [])),
    unpublished: routeChanges(before.map(listed), routes),
  };
}
