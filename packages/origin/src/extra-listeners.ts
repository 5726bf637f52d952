import { createServer, type Server, type Socket } from "node:net";
import { type ListenOptions, listenOn } from "./listen.ts";

/**
 * Further listeners on an address where another listens with SO_REUSEPORT. The event loop takes one
 * connection from each listener in a turn (libuv since 1.45): with one alone, whoever connects while
 * requests of hundreds are answered in each turn would wait for as many turns as others wait before.
 */
export class ExtraListeners {
  readonly #onConnection: (socket: Socket) => void;
  readonly #servers: Server[] = [];

  constructor(onConnection: (socket: Socket) => void) {
    this.#onConnection = onConnection;
  }

  /** @param flags as in `listenOn` @throws {HostError} `HOST_ADDRESS` */
  async open(count: number, address: ListenOptions, flags: string): Promise<void> {
    for (let opened = 0; opened < count; opened++) {
      // As an HTTP server's own: a client may end its side and still read.
      const server = createServer({ allowHalfOpen: true, noDelay: true }, this.#onConnection);
      this.#servers.push(server);
      await listenOn(server, address, flags);
    }
  }

  /** Connections that came this way stay. */
  close(): void {
    for (const server of this.#servers) server.close();
  }
}
