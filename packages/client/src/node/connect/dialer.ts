import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Clock, TransportStep } from "@causeway/kernel";
import { type Address, firstConnection } from "./attempts.ts";
import { addressesOf, type NameSources } from "./names.ts";
import type { ProxyRule } from "./proxy-rule.ts";
import { connectTcp } from "./tcp.ts";
import { secure } from "./tls.ts";
import { proxyUnreachable, tunnel } from "./tunnel.ts";
import { hostOf, portOf } from "./url-host.ts";

export interface DialerOptions {
  readonly clock: Clock;
  readonly names: NameSources;
  readonly proxyFor: ProxyRule;
  /** Who may vouch for a server; Node.js's own list unless given. */
  readonly context?: SecureContext;
}

/** A connection that is wanted. */
export interface Call {
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly onStep?: (step: TransportStep) => void;
}

/** A connection, and what is spoken over it. */
export interface Dialled {
  readonly socket: Duplex;
  readonly protocol: "h2" | "http/1.1";
}

const sessionsMax = 64; // as many routes as there may be

/** Makes the connections of a transport: finds names, races addresses, asks proxies, agrees on TLS. */
export class Dialer {
  readonly #options: DialerOptions;
  /** TLS sessions by host and port, which make the next connection cheaper. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * A connection to the host of an http or https URL, secured for the latter; to the proxy only,
   * when one leads to an http URL.
   * @throws {RouteError} `PROXY_…` when it is the proxy's fault
   * @throws the system's error; the signal's reason when it fired
   */
  async dial(call: Call): Promise<Dialled> {
    const { url, signal, onStep } = call;
    const proxy = this.#options.proxyFor(url);
    let socket: Duplex;
    if (proxy === undefined) socket = await this.#connect(call, url);
    else {
      socket = await this.#connectToProxy(call, proxy);
      onStep?.("proxied");
      if (url.protocol === "http:") return { socket, protocol: "http/1.1" };
      socket = await tunnel(socket, proxy, url, signal);
    }
    onStep?.("connected");
    if (url.protocol === "http:") return { socket, protocol: "http/1.1" };
    const secured = await this.#secure(socket, url, ["h2", "http/1.1"], signal);
    onStep?.("secured");
    return { socket: secured, protocol: secured.alpnProtocol === "h2" ? "h2" : "http/1.1" };
  }

  async #connectToProxy(call: Call, proxy: URL): Promise<Duplex> {
    try {
      const socket = await this.#connect(call, proxy);
      return proxy.protocol === "https:"
        ? await this.#secure(socket, proxy, ["http/1.1"], call.signal)
        : socket;
    } catch (cause) {
      call.signal.throwIfAborted();
      throw proxyUnreachable(call.url, proxy, cause);
    }
  }

  #connect({ signal, onStep }: Call, to: URL): Promise<Socket> {
    const { clock, names } = this.#options;
    const host = hostOf(to);
    const port = portOf(to);
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

  async #secure(
    socket: Duplex,
    url: URL,
    protocols: readonly string[],
    signal: AbortSignal,
  ): Promise<TLSSocket> {
    const session = this.#sessions.get(url.host);
    this.#sessions.delete(url.host);
    const secured = await secure(socket, {
      host: hostOf(url),
      protocols,
      signal,
      ...(this.#options.context && { context: this.#options.context }),
      ...(session && { session }),
    });
    secured.on("session", (next) => {
      this.#sessions.delete(url.host);
      if (this.#sessions.size < sessionsMax) this.#sessions.set(url.host, next);
    });
    return secured;
  }
}
