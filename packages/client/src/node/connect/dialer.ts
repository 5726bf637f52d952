import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, TransportStep } from "@causeway/kernel";
import { type Address, firstConnection } from "./attempts.ts";
import { addressesOf, type NameSources } from "./names.ts";
import { connectTcp } from "./tcp.ts";
import { secure } from "./tls.ts";

export interface DialerOptions {
  readonly clock: Clock;
  readonly names: NameSources;
}

/** A connection that is wanted. */
export interface Call {
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly onStep?: (step: TransportStep) => void;
}

const sessionsMax = 64; // as many routes as there may be

/** Makes the connections of a transport: finds names, races addresses, agrees on TLS. */
export class Dialer {
  readonly #options: DialerOptions;
  /** TLS sessions by host and port, which make the next connection cheaper. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * A connection to the host of an http or https URL, secured for the latter.
   * @throws the system's error; the signal's reason when it fired
   */
  async dial(call: Call): Promise<Duplex> {
    const socket = await this.#connect(call);
    call.onStep?.("connected");
    if (call.url.protocol === "http:") return socket;
    const secured = await this.#secure(socket, call);
    call.onStep?.("secured");
    return secured;
  }

  #connect({ url, signal, onStep }: Call): Promise<Socket> {
    const { clock, names } = this.#options;
    const host = hostOf(url);
    const port = portOf(url);
    let named = false;
    return firstConnection<Socket>({
      clock,
      signal,
      async *addresses(over): AsyncGenerator<readonly Address[], void, undefined> {
        for await (const addresses of addressesOf(host, names, clock, over)) {
          if (!named) onStep?.("named");
          named = true;
          yield addresses;
        }
      },
      attempt: (address, over) => connectTcp(address, port, over),
      discard: (socket) => socket.destroy(),
    });
  }

  async #secure(socket: Socket, { url, signal }: Call): Promise<Duplex> {
    const session = this.#sessions.get(url.host);
    this.#sessions.delete(url.host);
    const secured = await secure(socket, {
      host: hostOf(url),
      protocols: ["http/1.1"],
      signal,
      ...(session && { session }),
    });
    secured.on("session", (next) => {
      this.#sessions.delete(url.host);
      if (this.#sessions.size < sessionsMax) this.#sessions.set(url.host, next);
    });
    return secured;
  }
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}
