import { isDeepStrictEqual } from "node:util";
import type { RouteEntry, RouteId } from "@causeway/kernel";
import type { KnownRoute } from "../config/config.ts";

/** A route as its vendor sees it. */
export interface ListedRoute extends RouteEntry {
  /** The shard that it is sealed in; absent when everybody may read of it. */
  readonly sealed?: number;
}

export function listed({ entry, shard }: KnownRoute): ListedRoute {
  return { ...entry, ...(shard !== undefined && { sealed: shard }) };
}

/** One route as it was and as it is; null where it is not in the list. */
export interface RouteChange {
  readonly id: RouteId;
  readonly before: ListedRoute | null;
  readonly after: ListedRoute | null;
}

/** What differs between two lists of routes, in the order of the newer one. */
export function routeChanges(
  before: readonly ListedRoute[],
  after: readonly ListedRoute[],
): readonly RouteChange[] {
  const old = new Map(before.map((route) => [route.id, route]));
  const changes: RouteChange[] = [];
  for (const route of after) {
    const was = old.get(route.id) ?? null;
    old.delete(route.id);
    if (!isDeepStrictEqual(was, route)) changes.push({ id: route.id, before: was, after: route });
  }
  return [...changes, ...[...old].map(([id, was]) => ({ id, before: was, after: null }))];
}
