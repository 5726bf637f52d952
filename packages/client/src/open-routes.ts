import { NoRouteDelivered, type Ports, type Store, UsageError } from "@causeway/kernel";
import { routesMax } from "./limits.ts";
import { readKnownList } from "./metadata/route-list.ts";
import type { TrustState } from "./metadata/trust-state.ts";
import { orNothing } from "./or-nothing.ts";
import type { Announcements } from "./routes/announced/announcements.ts";
import type { FleetTicket } from "./routes/fleet-ticket.ts";
import { readGivenRoutes } from "./routes/given-routes.ts";
import { keepRetired, readRetired, retiredAfter, sameRetired } from "./routes/listed/retired.ts";
import { RunRoutes } from "./routes/listed/run-routes.ts";
import { parseNeighbours, parseRoutes } from "./routes/parse-route.ts";
import { ReserveKeys } from "./routes/reserve-keys.ts";
import { RouteMemory } from "./routes/route-memory.ts";

/** What a run was told of routes, and where the rest is kept. */
interface RoutesGiven {
  readonly routes: readonly string[];
  readonly neighbours?: readonly string[];
  readonly tickets?: readonly FleetTicket[];
  readonly region?: string;
  readonly state: Store;
  /** Nobody is asked whom the state alone knows. */
  readonly givenAlone?: true;
}

/** The routes given by hand, those of announcements, and of the newest list that is known. */
export async function openRoutes(
  options: RoutesGiven,
  ports: Ports,
  state: TrustState,
  announcements: Announcements,
): Promise<RunRoutes> {
  const { state: store, region, tickets = [], givenAlone = false } = options;
  const memory = await RouteMemory.open(store, ports.clock);
  // Fresh ones: what a route did in an earlier run puts it last, and bars it from nothing.
  const added = givenAlone ? [] : await readGivenRoutes(store);
  const kept = added.slice(0, routesMax - options.routes.length);
  const given = parseRoutes([...options.routes, ...kept]);
  const reserves = await ReserveKeys.open(store, () => announcements.shardKeys);
  const neighbours = parseNeighbours(options.neighbours);
  const sources = { given, neighbours, tickets, memory, reserves, store, ports };
  const from = { ...sources, ...(region !== undefined && { region }) };
  const signed = await readKnownList(state);
  const known = signed && (await reserves.opened(signed, []));
  const retired = await readRetired(store);
  const all = known === undefined ? retired : retiredAfter(retired, known, retired.keys);
  // A kill may have come after the list was kept and before this: the next list may not say it.
  if (!sameRetired(all, retired)) await orNothing(keepRetired(store, all));
  const routes = new RunRoutes(from, all);
  if (known !== undefined && !givenAlone) await routes.learn(known);
  const { urls } = announcements;
  if (urls.length > 0 && !givenAlone) await routes.announce(urls);
  return routes;
}

/**
 * @param hasLooked neighbours were looked for, and there may be some later
 * @throws {UsageError} when there are none that may be asked, or the vendor has retired all
 * @throws {NoRouteDelivered} when there are none, and no neighbours
 */
export function requireUse(routes: RunRoutes, hasLooked: boolean): void {
  if (!routes.areUseless) return;
  const [near] = routes.tooNear;
  if (near !== undefined) {
    const where = `${near} leads to this machine or its network, where no route leads that you named`;
    const text = `${where}; if it is your vendor's, name it with --route.`;
    throw new UsageError("USAGE_ARGUMENT", `what is known of routes is not asked: ${text}`);
  }
  if (routes.all.length === 0) {
    if (hasLooked) throw new NoRouteDelivered("no neighbour was found, and no route is known", []);
    throw new UsageError("USAGE_ARGUMENT", "no route is known; name one with --route.");
  }
  const text = "the vendor has retired all routes that are known; name another one with --route.";
  throw new UsageError("USAGE_ROUTES_RETIRED", text);
}
