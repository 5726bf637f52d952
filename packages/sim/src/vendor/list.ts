import {
  canonicalJson,
  encodeRouteList,
  type RouteEntry,
  type RouteId,
  type RouteState,
} from "@causeway/kernel";
import { type Blob, blob } from "./patch-files.ts";

/** What the vendor says of one host of the drill. */
export interface ListedHost {
  readonly name: string;
  readonly state: RouteState;
  readonly priority: number;
}

/** The signed list's bytes. */
export function routeListFile(hosts: readonly ListedHost[], version: number): Blob {
  const routes = hosts.map(({ name, state, priority }): RouteEntry => {
    const id = name as RouteId;
    return { id, urls: [`http://${name}/`], kind: "mirror", priority, weight: 1, state };
  });
  return blob(canonicalJson(encodeRouteList({ version, routes })));
}
