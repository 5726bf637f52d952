import type { Clock, Random, RouteList, Store, Transport } from "@causeway/kernel";
import { orNothing } from "../../or-nothing.ts";
import type { FleetTicket } from "../fleet-ticket.ts";
import type { Route, RouteReport } from "../route.ts";
import type { RouteMemory } from "../route-memory.ts";
import { type Gathered, gatherRoutes, reserveMost, turnsTaken } from "./gather.ts";
import { installationId } from "./installation.ts";
import { isRetired, keepRetired, nothingRetired, retiredAfter, sameRetired } from "./retired.ts";
import { retiredError } from "./standing.ts";

/** What a run gathers its routes from. */
export interface RouteSources {
  readonly given: readonly Route[];
  readonly tickets: readonly FleetTicket[];
  readonly region?: string;
  readonly memory: RouteMemory;
  readonly store: Store;
  readonly ports: {
    readonly clock: Clock;
    readonly random: Random;
    readonly transport: Pick<Transport, "placeOf">;
  };
}

/** The routes of one run: those given by hand, and those that the vendor's list names. */
export class RunRoutes {
  readonly #from: RouteSources;
  readonly #met = new Set<Route>();
  #retired = nothingRetired;
  #gathered: Gathered;

  /** With the routes given by hand alone. */
  constructor(from: RouteSources, retired = nothingRetired) {
    this.#from = from;
    this.#retired = retired;
    this.#gathered = { routes: from.given, turns: [] };
    this.#meet();
  }

  /** In the order in which they are preferred. */
  get all(): readonly Route[] {
    return this.#gathered.routes;
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
    const { given, region, memory, store, ports } = this.#from;
    if (list.routes.every(({ state }) => state === "retired")) {
      this.#letGo();
      return;
    }
    const id = await installationId(store, ports.random);
    memory.turn ??= ports.random.uint32();
    const { placeOf } = ports.transport;
    this.#gathered = gatherRoutes(given, [...this.#met], list, {
      id,
      turn: memory.turn,
      isRetired: (base) => isRetired(this.#retired, base),
      ...(region !== undefined && { region }),
      ...(placeOf && { placeOf }),
    });
    this.#meet();
    reserveMost(this.#gathered, ports.clock.steady());
  }

  /** Keeps what this run has found of them. */
  async save(): Promise<void> {
    const { memory, ports } = this.#from;
    if (memory.turn !== undefined) memory.turn = (memory.turn + turnsTaken(this.#gathered)) >>> 0;
    await memory.save([...this.#met], ports.random);
  }

  /** True when the vendor has retired all of them. */
  get areRetired(): boolean {
    return this.all.length > 0 && this.all.every(({ standing }) => standing.retirement.aborted);
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
