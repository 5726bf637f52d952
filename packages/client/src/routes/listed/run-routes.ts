import type { Clock, Random, RouteList, Store, Transport } from "@causeway/kernel";
import { routesMax } from "../../limits.ts";
import { orNothing } from "../../or-nothing.ts";
import type { FleetTicket } from "../fleet-ticket.ts";
import type { ReserveKeys } from "../reserve-keys.ts";
import type { Route, RouteReport } from "../route.ts";
import type { RouteMemory } from "../route-memory.ts";
import {
  type Gathered,
  gatherRoutes,
  mayLearn,
  reachOf,
  reserveMost,
  turnsTaken,
} from "./gather.ts";
import { installationId } from "./installation.ts";
import { isRetired, keepRetired, nothingRetired, retiredAfter, sameRetired } from "./retired.ts";
import { retiredError } from "./standing.ts";

/** What a run gathers its routes from. */
export interface RouteSources {
  readonly given: readonly Route[];
  /** Behind all others: they are preferred for nothing but their speed. */
  readonly neighbours?: readonly Route[];
  readonly tickets: readonly FleetTicket[];
  readonly region?: string;
  readonly memory: RouteMemory;
  readonly reserves?: ReserveKeys;
  readonly store: Store;
  readonly ports: {
    readonly clock: Clock;
    readonly random: Random;
    readonly transport: Pick<Transport, "placeOf">;
  };
}

const noList: RouteList = { version: 1, routes: [] };

/** The routes of one run: those given by hand, those of announcements, and of the vendor's list. */
export class RunRoutes {
  readonly #from: RouteSources;
  readonly #met = new Set<Route>();
  #list: RouteList = noList;
  #announced: readonly string[] = [];
  #retired = nothingRetired;
  #gathered: Gathered;

  /** With the routes given by hand alone. */
  constructor(from: RouteSources, retired = nothingRetired) {
    this.#from = from;
    this.#retired = retired;
    this.#gathered = this.#withNeighbours({ routes: from.given, turns: [] });
    this.#meet();
  }

  /** In the order in which they are preferred. */
  get all(): readonly Route[] {
    return this.#gathered.routes;
  }

  /** Of the routes that are known, the most preferred first; of a long list not all. */
  get bases(): readonly URL[] {
    const listed = this.#list.routes.slice(0, routesMax).map(({ urls: [url] }) => new URL(url));
    return [...[...this.#met].map(({ base }) => base), ...listed];
  }

  isRetired(base: URL): boolean {
    return isRetired(this.#retired, base);
  }

  /** Those that were given by hand, and whoever was asked. */
  get reports(): readonly RouteReport[] {
    const told = [...this.#met].filter(({ standing }) => standing.given || standing.asked);
    return told.map((route) => route.report);
  }

  /** Of bodies over the network, from whomever. */
  get bytesReceived(): number {
    return [...this.#met].reduce((sum, route) => sum + route.bytesReceived, 0);
  }

  /** A verified list with the reserves that this machine has been given the keys of. */
  async opened(list: RouteList): Promise<RouteList> {
    const offered = [...this.#met].flatMap(({ standing }) => standing.offered);
    return (await this.#from.reserves?.opened(list, offered)) ?? list;
  }

  /**
   * Takes note, for good, of what a list retires that was verified by such keys. `learn` lets go of
   * it, once others are here to take its place.
   */
  async retire(list: RouteList, keys: readonly string[]): Promise<void> {
    const retired = retiredAfter(this.#retired, list, keys);
    if (sameRetired(retired, this.#retired)) return;
    this.#retired = retired;
    await orNothing(keepRetired(this.#from.store, retired));
  }

  /** Takes a list's routes in, and lets go of what is retired at once. */
  async learn(list: RouteList): Promise<void> {
    this.#list = list;
    await this.#gather();
  }

  /**
   * Takes in what announcements bring.
   * @param urls the most preferred first
   * @returns whether the run has routes by them that it had not
   */
  async announce(urls: readonly string[]): Promise<boolean> {
    const before = new Set(this.all);
    this.#announced = urls;
    this.#list = await this.opened(this.#list); // they may bring keys of reserves, too
    await this.#gather();
    return this.all.some((route) => !before.has(route));
  }

  /** Keeps what this run has found of them. */
  async save(): Promise<void> {
    const { memory, ports } = this.#from;
    if (memory.turn !== undefined) memory.turn = (memory.turn + turnsTaken(this.#gathered)) >>> 0;
    await memory.save([...this.#met], ports.random);
  }

  /** True when there are none, or the vendor has retired all of them. */
  get areUseless(): boolean {
    return this.all.every(({ standing }) => standing.retirement.aborted);
  }

  /** URLs that are known and not retired, but lead nearer than what was given by hand. */
  get tooNear(): readonly string[] {
    const listed = this.#list.routes.filter(({ state }) => state !== "retired");
    const urls = [...this.#announced, ...listed.flatMap((entry) => entry.urls)];
    const asked = new Set<string>(this.all.map(({ id }) => id));
    const { placeOf } = this.#from.ports.transport;
    const choice = placeOf === undefined ? {} : { placeOf };
    const reach = reachOf(this.#from.given, choice);
    return urls.filter((url) => {
      const isLive = !asked.has(url) && !this.isRetired(new URL(url));
      return isLive && !mayLearn(url, reach, choice);
    });
  }

  async #gather(): Promise<void> {
    const { given, region, memory, store, ports } = this.#from;
    const isBare = this.#list.routes.every(({ state }) => state === "retired");
    if (isBare && this.#announced.length === 0) {
      this.#letGo();
      return;
    }
    const id = await installationId(store, ports.random);
    memory.turn ??= ports.random.uint32();
    const { placeOf } = ports.transport;
    const gathered = gatherRoutes(given, [...this.#met], this.#list, {
      id,
      turn: memory.turn,
      announced: this.#announced,
      isRetired: (base) => isRetired(this.#retired, base),
      ...(region !== undefined && { region }),
      ...(placeOf && { placeOf }),
    });
    this.#gathered = this.#withNeighbours(gathered);
    this.#meet();
    reserveMost(this.#gathered, ports.clock.steady());
  }

  #withNeighbours({ routes, turns }: Gathered): Gathered {
    const known = new Set(routes.map(({ id }) => id));
    const others = this.#from.neighbours?.filter(({ id }) => !known.has(id)) ?? [];
    return { routes: [...routes, ...others], turns };
  }

  #letGo(): void {
    for (const route of this.#met) {
      if (!isRetired(this.#retired, route.base)) continue;
      route.standing.retire(route.id);
      route.strike(retiredError(route.id));
    }
  }

  #meet(): void {
    const { memory, tickets } = this.#from;
    const { routes } = this.#gathered;
    memory.recall(
      routes.filter((route) => !this.#met.has(route)),
      tickets,
    );
    for (const route of routes) {
      this.#met.add(route);
      route.meet(routes);
      route.standing.isRetired = (base) => isRetired(this.#retired, base);
    }
    this.#letGo();
  }
}
