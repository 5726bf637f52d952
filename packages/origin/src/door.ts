import { createServer, type Server, type Socket } from "node:net";
import { type ListenOptions, listenOn, listenOnSocket } from "./listen.ts";

export interface DoorOptions {
  /** A client may end its side after its request and still read. */
  readonly allowHalfOpen: boolean;
  /** What is read of a connection at most while it is paused; the rest waits in the system. */
  readonly heldBytes?: number;
  /**
   * How often to listen where the address is shared. The event loop takes one connection from each
   * listener in a turn (libuv since 1.45): with one alone, whoever connects while requests of
   * hundreds are answered in each turn would wait for as many turns as others wait before.
   */
  readonly listeners?: number;
  readonly full?: {
    readonly socketsMax: number;
    /** All places are taken, and one more came, who is let go. */
    readonly onFull: () => void;
  };
}

/** A way in for connections. It can be shut and opened again; whoever came in goes on. */
export class Door {
  readonly #options: DoorOptions;
  readonly #onConnection: (socket: Socket) => void;
  #servers: readonly Server[] = [];
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: DoorOptions, onConnection: (socket: Socket) => void) {
    this.#options = options;
    this.#onConnection = onConnection;
  }

  /**
   * @param choice what a user may choose another of
   * @returns the port
   * @throws {HostError} `HOST_ADDRESS`
   */
  async open(address: ListenOptions, choice: string): Promise<number> {
    const port = await listenOn(this.#make(), address, choice);
    const further = address.reusePort ? (this.#options.listeners ?? 1) - 1 : 0;
    for (let opened = 0; opened < further; opened++) {
      await listenOn(this.#make(), { ...address, port }, choice);
    }
    return port;
  }

  /** Listens on a UNIX socket of that path, whatever is there. @throws {HostError} */
  openSocket(path: string): Promise<void> {
    return listenOnSocket(this.#make(), path);
  }

  /** Replaces what `full` said; who came in stays. */
  setSocketsMax(max: number): void {
    for (const server of this.#servers) server.maxConnections = max;
  }

  /** Lets nobody in any more. */
  shut(): void {
    const ends = this.#servers.map((server) => {
      return new Promise((resolve) => {
        server.close(resolve);
      });
    });
    this.#servers = [];
    this.#ended = Promise.all([this.#ended, ...ends]);
  }

  /** The same, and resolves when everyone who came in has gone. */
  async stop(): Promise<void> {
    this.shut();
    await this.#ended;
  }

  #make(): Server {
    const { full, allowHalfOpen, heldBytes: highWaterMark } = this.#options;
    const options = { noDelay: true, allowHalfOpen, ...(highWaterMark && { highWaterMark }) };
    const server = createServer(options, this.#onConnection);
    if (full !== undefined) {
      server.maxConnections = full.socketsMax;
      server.on("drop", full.onFull);
    }
    this.#servers = [...this.#servers, server];
    return server;
  }
}
