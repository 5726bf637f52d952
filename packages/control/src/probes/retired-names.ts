import { isIP } from "node:net";
import { forEachBounded, type RouteEntry } from "@causeway/kernel";
import type { RetiredName } from "./probed.ts";

/** Addresses of a name; none when there is no such name. Throws when nobody tells. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

const lookupsAtOnce = 8;

/**
 * Looks up the names of retired routes, at which no other route stands. They are never asked
 * anything: they may be somebody else's by now.
 */
export async function lookAtRetired(
  routes: readonly Pick<RouteEntry, "id" | "urls" | "state">[],
  resolve: ResolveName,
): Promise<readonly RetiredName[]> {
  const live = new Set(
    routes.flatMap(({ state, urls }) => (state === "retired" ? [] : urls.map(nameOf))),
  );
  const names = new Map<string, string>();
  for (const { id, urls, state } of routes) {
    if (state !== "retired") continue;
    for (const name of urls.map(nameOf)) {
      if (name !== "" && isIP(name) === 0 && !live.has(name)) names.set(name, id);
    }
  }
  const found = new Map<string, RetiredName>();
  await forEachBounded([...names], lookupsAtOnce, async ([name, id]) => {
    try {
      found.set(name, { id, name, addresses: await resolve(name), why: null });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      found.set(name, { id, name, addresses: [], why });
    }
  });
  return [...names.keys()].flatMap((name) => found.get(name) ?? []);
}

function nameOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
