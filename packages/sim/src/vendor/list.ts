import { createHash } from "node:crypto";
import {
  canonicalJson,
  encodeRouteList,
  type RouteEntry,
  type RouteId,
  type RouteState,
} from "@causeway/kernel";
import { sealRoute } from "@causeway/trust";
import { type Blob, blob } from "./patch-files.ts";
import { shardKeyOf } from "./shard-key.ts";

/** What the vendor says of one host of the drill. */
export interface ListedHost {
  readonly name: string;
  readonly state: RouteState;
  readonly priority: number;
  /** It is sealed with the key of this shard; absent: everybody reads of it. */
  readonly shard?: number;
}

/** The signed list's bytes. */
export function routeListFile(hosts: readonly ListedHost[], version: number): Blob {
  const routes = hosts.filter(({ shard }) => shard === undefined).map(entryOf);
  const sealed = hosts.flatMap((host) => {
    if (host.shard === undefined) return [];
    const nonce = createHash("sha256").update(`${version} ${host.name}`).digest().subarray(0, 12);
    return [sealRoute(entryOf(host), shardKeyOf(host.shard), nonce)];
  });
  const list = { version, routes, ...(sealed.length > 0 && { sealed }) };
  return blob(canonicalJson(encodeRouteList(list)));
}

/** The host's in the list: a route's id has no dots. */
export function routeIdOf(name: string): RouteId {
  return name.replaceAll(".", "-") as RouteId;
}

function entryOf({ name, state, priority }: ListedHost): RouteEntry {
  const id = routeIdOf(name);
  return { id, urls: [`http://${name}/`], kind: "mirror", priority, weight: 1, state };
}
