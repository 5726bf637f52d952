import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import {
  type Clock,
  type Instant,
  type Place,
  RouteError,
  type TransportStep,
} from "@causeway/kernel";
import { shown } from "../../routes/route.ts";
import { basicCredentials } from "../credentials.ts";
import { errnoOf } from "../internal/host-error.ts";
import { type Address, firstConnection } from "./attempts.ts";
import type { Authorities } from "./authorities.ts";
import { addressesOf, type NameSources } from "./names.ts";
import { isWithin, placeOf, placeOfAddress } from "./place.ts";
import type { ProxyRule } from "./proxy-rule.ts";
import { connectTcp } from "./tcp.ts";
import { secure, type TlsOptions } from "./tls.ts";
import { proxyUnreachable, tunnel } from "./tunnel.ts";
import { hostOf, portOf } from "./url-host.ts";
import { wrongTimeCodes } from "./vouching.ts";

export interface DialerOptions {
  readonly clock: Clock;
  readonly names: NameSources;
  readonly proxyFor: ProxyRule;
  readonly authorities: Authorities;
}

/** A connection that is wanted. */
export interface Call {
  readonly url: URL;
  readonly signal: AbortSignal;
  /** As `TransportRequest.reach`; where a proxy finds the host, only the URL's text is judged. */
  readonly reach?: Place;
  readonly onStep?: (step: TransportStep) => void;
  readonly onCertificate?: (until: Instant) => void;
}

/** A connection, and what is spoken over it. */
export interface Dialled {
  readonly socket: Duplex;
  readonly protocol: "h2" | "http/1.1";
}

const hostsMax = 64; // as many routes as there may be

/** Makes the connections of a transport: finds names, races addresses, asks proxies, agrees on TLS. */
export class Dialer {
  readonly #options: DialerOptions;
  /** TLS sessions by host and port, which make the next connection cheaper. */
  readonly #sessions = new Map<string, Buffer>();
  /** Hosts and ports whose certificate was good at another time. */
  readonly #wrongTime = new Set<string>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * A connection to the host of an http or https URL, secured for the latter; to the proxy only,
   * when one leads to an http URL. A host whose certificate was good at another time is taken as
   * it is: whose clock is wrong, it or this machine, nobody can tell, and trust is in what comes
   * over the connection. But no credentials go to it.
   * @throws {RouteError} `PROXY_…` when it is the proxy's fault; `ROUTE_UNREACHABLE` when the host
   *   is nearer than `reach` allows
   * @throws the system's error; the signal's reason when it fired
   */
  async dial(call: Call): Promise<Dialled> {
    const { url, signal } = call;
    const mayBeAtAnyTime = basicCredentials(url) === undefined;
    if (!mayBeAtAnyTime || !this.#wrongTime.has(url.host)) {
      try {
        return await this.#dial(call, false);
      } catch (error) {
        const isTime = wrongTimeCodes.has(errnoOf(error) ?? "");
        if (!isTime || !mayBeAtAnyTime || signal.aborted) throw error;
      }
    }
    const dialled = await this.#dial(call, true);
    if (this.#wrongTime.size < hostsMax) this.#wrongTime.add(url.host);
    return dialled;
  }

  async #dial(call: Call, atAnyTime: boolean): Promise<Dialled> {
    const { url, signal, reach, onStep, onCertificate } = call;
    if (reach !== undefined && !isWithin(placeOf(url), reach)) throw tooNear(url);
    const proxy = this.#options.proxyFor(url);
    let socket: Duplex;
    if (proxy === undefined) socket = await this.#connect(call, url, reach);
    else {
      socket = await this.#connectToProxy(call, proxy);
      onStep?.("proxied");
      if (url.protocol === "http:") return { socket, protocol: "http/1.1" };
      socket = await tunnel(socket, proxy, url, signal);
    }
    onStep?.("connected");
    if (url.protocol === "http:") return { socket, protocol: "http/1.1" };
    const protocols = atAnyTime ? ["http/1.1"] : ["h2", "http/1.1"];
    const secured = await this.#secure(socket, url, { protocols, atAnyTime, signal });
    onStep?.("secured");
    const until = onCertificate && secured.getPeerX509Certificate()?.validToDate.getTime();
    if (until !== undefined) onCertificate?.(until);
    return { socket: secured, protocol: secured.alpnProtocol === "h2" ? "h2" : "http/1.1" };
  }

  async #connectToProxy(call: Call, proxy: URL): Promise<Duplex> {
    try {
      const socket = await this.#connect(call, proxy);
      return proxy.protocol === "https:"
        ? await this.#secure(socket, proxy, {
            protocols: ["http/1.1"],
            atAnyTime: false,
            signal: call.signal,
          })
        : socket;
    } catch (cause) {
      call.signal.throwIfAborted();
      throw proxyUnreachable(call.url, proxy, cause);
    }
  }

  #connect({ signal, onStep }: Call, to: URL, reach?: Place): Promise<Socket> {
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
      attempt: async (address, over) => {
        const isFar = reach === undefined || isWithin(placeOfAddress(address.address), reach);
        if (!isFar) throw tooNear(to);
        return connectTcp(address, port, over);
      },
      discard: (socket) => socket.destroy(),
    });
  }

  async #secure(
    socket: Duplex,
    url: URL,
    how: Pick<TlsOptions, "protocols" | "atAnyTime" | "signal">,
  ): Promise<TLSSocket> {
    const session = this.#sessions.get(url.host);
    this.#sessions.delete(url.host);
    const { authorities } = this.#options;
    const host = hostOf(url);
    const secured = await secure(socket, {
      ...how,
      host,
      authorities,
      ...(session && { session }),
    });
    if (how.atAnyTime) return secured; // a session holds no chain, which is to be looked at anew
    secured.on("session", (next) => {
      this.#sessions.delete(url.host);
      if (this.#sessions.size < hostsMax) this.#sessions.set(url.host, next);
    });
    return secured;
  }
}

function tooNear(url: URL): RouteError {
  const text = "is not asked: the vendor's list alone names it, and it leads into this network";
  return new RouteError("ROUTE_UNREACHABLE", shown(url), text, { astray: true });
}
