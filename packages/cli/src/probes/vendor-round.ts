import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readTrust } from "@causeway/client/internal/read-trust";
import { type NameServer, nameResolver, type RoundOrder, roundUrlsMax } from "@causeway/control";
import { invariant, type RouteEntry, UsageError } from "@causeway/kernel";
import { listRoutes, readConfig } from "@causeway/publisher";

export interface VendorRoundOptions {
  readonly dir: string;
  /** None means all that are not retired. */
  readonly ids: readonly string[];
  /** Where retired names are looked up; the machine's own servers unless given. */
  readonly resolver?: NameServer;
  /** Routes may lead into a private network, whatever causeway.yaml says of them. */
  readonly isPrivate: boolean;
}

/** Which routes of the vendor's list a round probes, and by which roots. */
export interface VendorRound
  extends Pick<RoundOrder, "routes" | "list" | "resolve" | "roots" | "own" | "lengthOf"> {
  readonly name: string;
}

/**
 * @throws {UsageError} `USAGE_ARGUMENT`, `CONFIG_MISSING`, `CONFIG_MALFORMED` @throws {HostError}
 */
export async function vendorRound(options: VendorRoundOptions): Promise<VendorRound> {
  const dir = path.resolve(options.dir);
  const { repository: name, routes: list } = await listRoutes(dir);
  const { allRoutes } = await readConfig(path.join(dir, "causeway.yaml"));
  const near = new Set(allRoutes.flatMap(({ entry, isPrivate }) => (isPrivate ? [entry.id] : [])));
  const tree = path.join(dir, "repository");
  const root = await readTrust(path.join(tree, "metadata", "1.root.json"));
  invariant(root !== undefined, "a file that was named is read, or an error");
  const routes = chosen(list, options.ids).map(({ id, urls, state }) => {
    const isPrivate = options.isPrivate || near.has(id);
    return { id, urls, state, reach: isPrivate ? "loopback" : "public" } as const;
  });
  const isAll = options.ids.length === 0;
  return {
    name,
    routes,
    roots: [root],
    own: pathToFileURL(`${tree}/`).href,
    lengthOf: await roleLengths(path.join(tree, "metadata")),
    list,
    ...(isAll && { resolve: nameResolver(options.resolver) }),
  };
}

/** How long the newest file of each role is: it tells which bins have patches. */
async function roleLengths(folder: string): Promise<(role: string) => number | undefined> {
  const newest = new Map<string, { readonly version: number; readonly name: string }>();
  for (const name of await readdir(folder)) {
    const [, digits, role = ""] = /^(\d{1,15})\.(.{1,300})\.json$/.exec(name) ?? [];
    const version = Number(digits);
    if (version > (newest.get(role)?.version ?? 0)) newest.set(role, { version, name });
  }
  const lengths = new Map<string, number>();
  for (const [role, { name }] of newest) {
    const file = await stat(path.join(folder, name)).catch(() => undefined); // a prune took it
    if (file !== undefined) lengths.set(role, file.size);
  }
  return (role) => lengths.get(role);
}

function chosen(list: readonly RouteEntry[], ids: readonly string[]): readonly RouteEntry[] {
  const live = list.filter(({ state }) => state !== "retired");
  for (const id of ids) {
    if (live.some((route) => route.id === id)) continue;
    const isRetired = list.some((route) => route.id === id);
    const what = isRetired ? "is retired, and is never asked again" : "is no route of the list";
    throw new UsageError("USAGE_ARGUMENT", `${JSON.stringify(id.slice(0, 80))} ${what}.`);
  }
  const routes = ids.length === 0 ? live : live.filter(({ id }) => ids.includes(id));
  const urls = routes.reduce((sum, route) => sum + route.urls.length, 0);
  if (urls <= roundUrlsMax) return routes;
  const what = `${urls} URLs are too many for one round; name up to ${roundUrlsMax} by their ids`;
  throw new UsageError("USAGE_ARGUMENT", `${what}.`);
}
