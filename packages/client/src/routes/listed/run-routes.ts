import type { Clock, Random, RouteList, Store, Transport } from "@causeway/kernel";
import type { FleetTicket } from "../fleet-ticket.ts";
import type { Route, RouteReport } from "../route.ts";
import type { RouteMemory } from "../route-memory.ts";
import { type Gathered, gatherRoutes, reserveMost, turnsTaken } from "./gather.ts";
import { installationId } from "./installation.ts";

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
  #gathered: Gathered;

  /** With the routes given by hand alone. */
  constructor(from: RouteSources) {
    this.#from = from;
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

  /** Takes a list's routes in. */
  async learn(list: RouteList): Promise<void> {
    const { given, region, memory, store, ports } = this.#from;
    if (list.routes.length === 0) return;
    const id = await installationId(store, ports.random);
    memory.turn ??= ports.random.uint32();
    const { placeOf } = ports.transport;
    this.#gathered = gatherRoutes(given, [...this.#met], list, {
      id,
      turn: memory.turn,
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
    }
  }
}
