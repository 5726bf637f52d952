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
export function routesToSign(
  config: Pick<Config, "routes" | "pollSeconds" | "fault">,
  last: RouteList | undefined,
): RoutesToSign {
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
  const goneBefore = new RetiredPlaces(last?.routes ?? []);
  const goneNow = new RetiredPlaces(all);
  const before = new Map(last?.routes.map(({ id, urls }) => [id, urls]));
  for (const [at, { id, urls, state }] of routes.entries()) {
    if (state === "retired") continue;
    for (const url of urls) {
      // What is published already, beside a retired one, stays: this is about new ones.
      if (before.get(id)?.includes(url) === true) continue;
      const gone = goneNow.withUrl(url) ?? goneBefore.at(url);
      if (gone === undefined) continue;
      const what = `${url} was retired with the route ${gone.id}, and clients never come back there`;
      throw config.fault(["routes", at, "url"], what);
    }
  }
  return { routes: all, pollSeconds };
}

/** Where clients of a list never ask. */
export class RetiredPlaces {
  readonly #byUrl = new Map<string, RouteEntry>();
  readonly #byName = new Map<string, RouteEntry>();

  constructor(list: readonly RouteEntry[]) {
    for (const route of list.filter(({ state }) => state === "retired")) {
      for (const url of route.urls) {
        const name = nameOf(url);
        this.#byUrl.set(url, route);
        if (isIP(name) === 0) this.#byName.set(name, route);
      }
    }
    for (const { urls } of list.filter(({ state }) => state !== "retired")) {
      for (const url of urls) this.#byName.delete(nameOf(url));
    }
  }

  /** The retired route that has this very URL. */
  withUrl(url: string): RouteEntry | undefined {
    return this.#byUrl.get(url);
  }

  /** That one, or one whose host name this is while nothing else of the list lives on the name. */
  at(url: string): RouteEntry | undefined {
    return this.#byUrl.get(url) ?? this.#byName.get(nameOf(url));
  }
}

function nameOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}
