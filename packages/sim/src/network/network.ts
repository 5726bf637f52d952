import { type Delivery, invariant, type Transport, type TransportRequest } from "@causeway/kernel";
import type { Life } from "../life.ts";
import type { World } from "../world.ts";
import type { Line } from "./line.ts";
import { addressOf, type Exchange, type Host, startRequest } from "./request.ts";

/** Sees every request when it is made, and every answer when its headers are here. */
export interface Watcher {
  readonly asked?: (exchange: Exchange) => void;
  readonly answered?: (exchange: Exchange) => void;
}

/** All that lies between one customer and the routes. */
export class Network {
  readonly #world: World;
  readonly #home: Line;
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #watchers: readonly Watcher[];

  constructor(world: World, home: Line, hosts: readonly Host[], watchers: readonly Watcher[]) {
    this.#world = world;
    this.#home = home;
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#watchers = watchers;
  }

  /** As one run of a program uses it. Its connections end with it. */
  transport(life: Life): Transport {
    const idle = new Map<string, number>();
    return { open: (request) => this.#open(life, idle, request) };
  }

  #open(life: Life, idle: Map<string, number>, request: TransportRequest): Promise<Delivery> {
    return life.call((settle) => {
      if (request.signal.aborted) {
        settle.reject(request.signal.reason);
        return;
      }
      const { hostname: name, port } = request.url;
      const host = this.#hosts.get(name);
      invariant(host !== undefined, "a drill's routes lead to its hosts");
      const exchange: Exchange = {
        host: name,
        port: port === "" ? undefined : Number(port),
        path: request.url.pathname.slice(1),
        bearer: request.bearer,
        life,
        askedAt: this.#world.now,
        answer: undefined,
        stream: undefined,
        closed: false,
      };
      this.#tellAsked(exchange, request);
      const address = addressOf(exchange);
      const reused = (idle.get(address) ?? 0) > 0;
      if (reused) idle.set(address, (idle.get(address) ?? 0) - 1);
      const under = { world: this.#world, home: this.#home, host, exchange, request, settle };
      startRequest(under, reused, {
        answered: () => {
          this.#world.note(`${address} answers ${exchange.answer?.status} to ${exchange.path}`);
          for (const watcher of this.#watchers) watcher.answered?.(exchange);
        },
        reusable: () => idle.set(address, (idle.get(address) ?? 0) + 1),
      });
    });
  }

  #tellAsked(exchange: Exchange, { range }: TransportRequest): void {
    const part = range === undefined ? "" : ` ${range.start}-${range.end}`;
    this.#world.note(`${addressOf(exchange)} is asked for ${exchange.path}${part}`);
    for (const watcher of this.#watchers) watcher.asked?.(exchange);
  }
}
