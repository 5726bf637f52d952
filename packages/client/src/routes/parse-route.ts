import { UsageError } from "@causeway/kernel";
import { neighboursMax, routesMax } from "../limits.ts";
import { Standing } from "./listed/standing.ts";
import { Route, type RouteUrl, shown } from "./route.ts";

/**
 * Reads a route as users write it: an http, https or file URL of a repository's folder.
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function parseRoute(text: string): Route {
  return routeAt(text, new Standing());
}

function routeAt(text: string, standing: Standing): Route {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(?:https?|file):$/.test(url.protocol)) {
    const path = /^(?:\.{0,2}\/|[A-Za-z]:\\)/.test(text);
    const hint = path ? " For a folder write file:///its/full/path/." : "";
    throw wrong(text, `is not a URL of a route; write http://, https:// or file:///.${hint}`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw wrong(shown(url), 'has a "?" or "#"; a route is the URL of a folder.');
  }
  if (url.protocol === "file:" && url.host !== "") {
    throw wrong(text, "names a host; a file route is file:/// and a full path.");
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return new Route(url, standing);
}

/**
 * Reads a list of routes, which may be empty; one that is named twice counts once.
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function parseRoutes(texts: readonly string[]): readonly Route[] {
  const routes = new Map<RouteUrl, Route>();
  for (const text of texts) {
    const route = parseRoute(text);
    if (!routes.has(route.id)) routes.set(route.id, route);
  }
  if (routes.size > routesMax) {
    throw new UsageError("USAGE_ARGUMENT", `${routes.size} routes; at most ${routesMax} are used.`);
  }
  const all = [...routes.values()];
  for (const route of all) route.meet(all);
  return all;
}

/**
 * Reads URLs of neighbours; of more than a run may have, the first ones count.
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function parseNeighbours(texts: readonly string[] = []): readonly Route[] {
  const first = [...new Set(texts)].slice(0, neighboursMax);
  return first.map((text) => routeAt(text, new Standing(undefined, true)));
}

function wrong(text: string, what: string): UsageError {
  // An argument that does not parse may still hold a password: nothing before an "@" is shown.
  const safe = text.replace(/^([a-z]+:\/*)?[^/]*@/i, "$1…@").slice(0, 200);
  return new UsageError("USAGE_ARGUMENT", `${JSON.stringify(safe)} ${what}`);
}
