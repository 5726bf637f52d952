import { isIP } from "node:net";
import type { RouteEntry, RouteList } from "@causeway/kernel";
import type { Config } from "../config/config.ts";

/** What the signed list is made of. */
export type RoutesToSign = Pick<Config, "routes" | "pollSeconds">;

const routesMax = 10_000;

/**
 * What the signed list shall say: what causeway.yaml does, and each route that was ever retired,
 * as it was then. Clients keep a retired name for ever, whatever a later list says; so nothing here
 * can bring one back, or be added under it.
 * @throws {UsageError} `CONFIG_MALFORMED`, naming line and column
 */
export function routesToSign(config: Config, last: RouteList | undefined): RoutesToSign {
  const { pollSeconds } = config;
  const retired = new Map(
    last?.routes.flatMap((route) => (route.state === "retired" ? [[route.id, route]] : [])),
  );
  const routes = config.routes.map((route, at): RouteEntry => {
    const before = retired.get(route.id);
    retired.delete(route.id);
    if (before === undefined || route.state === "retired") return before ?? route;
    const what = `the route ${route.id} is retired for good, and clients never come back to it`;
    throw config.fault(["routes", at], `${what}; add another name under another id`);
  });
  const all = [...routes, ...retired.values()];
  if (all.length > routesMax) {
    const what = `with those that were retired there are ${all.length} routes, over ${routesMax}`;
    throw config.fault(["routes"], what);
  }
  for (const [at, route] of routes.entries()) {
    const what = route.state === "retired" ? undefined : retiredPart(route, all, last);
    if (what !== undefined) throw config.fault(["routes", at, "url"], what);
  }
  return { routes: all, pollSeconds };
}

/** What of a route's URLs clients have turned away from, if they have. */
function retiredPart(
  { id, urls }: RouteEntry,
  all: readonly RouteEntry[],
  last: RouteList | undefined,
): string | undefined {
  const before = last?.routes.find((route) => route.id === id && route.state !== "retired");
  for (const url of urls) {
    if (before?.urls.includes(url) === true) continue;
    const gone =
      all.find((route) => route.state === "retired" && route.urls.includes(url)) ??
      retiredRouteAt(url, last?.routes ?? []);
    if (gone === undefined) continue;
    return `${url} was retired with the route ${gone.id}, and clients never come back to that name`;
  }
  return undefined;
}

/**
 * The retired route for which clients of this list never ask at `url`: one with this URL, or with its
 * host name where nothing else of the list lives. Addresses are no names.
 */
export function retiredRouteAt(url: string, list: readonly RouteEntry[]): RouteEntry | undefined {
  const name = nameOf(url);
  const isAt = (route: RouteEntry): boolean => route.urls.some((other) => nameOf(other) === name);
  const isGone = (route: RouteEntry): boolean => route.state === "retired";
  const lives = isIP(name) !== 0 || list.some((route) => !isGone(route) && isAt(route));
  return list.find(
    (route) => isGone(route) && (route.urls.includes(url) || (!lives && isAt(route))),
  );
}

function nameOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}
