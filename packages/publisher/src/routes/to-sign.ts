import { hostNameOf, type RouteEntry } from "@causeway/kernel";
import type { Config, KnownRoute } from "../config/config.ts";

const routesMax = 10_000;

/**
 * What the signed list shall say: what causeway.yaml does, and each route that was ever retired,
 * as it was then. Clients keep a retired name for ever, whatever a later list says; so nothing here
 * can bring one back, or be added under it.
 * @throws {UsageError} `CONFIG_MALFORMED`, naming line and column
 */
export function routesToSign(
  config: Pick<Config, "allRoutes" | "fault">,
  last: readonly KnownRoute[],
): readonly KnownRoute[] {
  const retired = new Map(
    last.flatMap((route) => (route.entry.state === "retired" ? [[route.entry.id, route]] : [])),
  );
  const routes = config.allRoutes.map(({ entry, shard }, at): KnownRoute => {
    const route = { entry, ...(shard !== undefined && { shard }) };
    const { id, state } = entry;
    const before = retired.get(id);
    retired.delete(id);
    if (before === undefined || state === "retired") return before ?? route;
    const what = `the route ${id} is retired for good, and clients never come back to it`;
    throw config.fault(["routes", at], `${what}; add another name under another id`);
  });
  const all = [...routes, ...retired.values()];
  if (all.length > routesMax) {
    const what = `with those that were retired there are ${all.length} routes, over ${routesMax}`;
    throw config.fault(["routes"], what);
  }
  const goneBefore = new RetiredPlaces(entriesOf(last));
  const goneNow = new RetiredPlaces(entriesOf(all));
  const goneForAll = new RetiredPlaces(publicOf(all));
  const before = new Map(entriesOf(last).map(({ id, urls }) => [id, urls]));
  for (const [at, { entry, shard }] of routes.entries()) {
    const { id, urls, state } = entry;
    if (state === "retired") continue;
    for (const url of urls) {
      const twin = goneBefore.withUrl(url) === undefined ? goneNow.withUrl(url) : undefined;
      if (twin !== undefined && before.get(id)?.includes(url) === true) {
        const what = `${url} is also the URL of ${twin.id}, which is to be retired`;
        throw config.fault(["routes", at, "url"], `${what}; retire both, or move this one first`);
      }
      // What is published already, beside a retired one, stays: this is about new ones. But who
      // cannot read of a sealed one sees nothing that lives on its name.
      const isNew = before.get(id)?.includes(url) !== true;
      const gone =
        (isNew ? (goneNow.withUrl(url) ?? goneBefore.at(url)) : undefined) ??
        (shard === undefined ? undefined : goneForAll.at(url));
      if (gone === undefined) continue;
      const what = `${url} was retired with the route ${gone.id}, and clients never come back there`;
      throw config.fault(["routes", at, "url"], what);
    }
  }
  return all;
}

/** Those that everybody may read of. */
export function publicOf(all: readonly KnownRoute[]): readonly RouteEntry[] {
  return all.flatMap(({ entry, shard }) => (shard === undefined ? [entry] : []));
}

function entriesOf(all: readonly KnownRoute[]): readonly RouteEntry[] {
  return all.map(({ entry }) => entry);
}

/** Where clients of a list never ask. */
export class RetiredPlaces {
  readonly #byUrl = new Map<string, RouteEntry>();
  readonly #byName = new Map<string, RouteEntry>();

  constructor(list: readonly RouteEntry[]) {
    for (const route of list.filter(({ state }) => state === "retired")) {
      for (const url of route.urls) {
        const name = hostNameOf(new URL(url));
        this.#byUrl.set(url, route);
        if (name !== undefined) this.#byName.set(name, route);
      }
    }
    for (const { urls } of list.filter(({ state }) => state !== "retired")) {
      for (const url of urls) this.#byName.delete(hostNameOf(new URL(url)) ?? "");
    }
  }

  /** The retired route that has this very URL. */
  withUrl(url: string): RouteEntry | undefined {
    return this.#byUrl.get(url);
  }

  /** That one, or one whose host name this is while nothing else of the list lives on the name. */
  at(url: string): RouteEntry | undefined {
    return this.#byUrl.get(url) ?? this.#byName.get(hostNameOf(new URL(url)) ?? "");
  }
}
