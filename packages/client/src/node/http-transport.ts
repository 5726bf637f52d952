import type { Duplex } from "node:stream";
import {
  type Clock,
  type Delivery,
  RouteError,
  type Transport,
  type TransportRequest,
} from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import { nodeClock } from "./clock.ts";
import { Authorities } from "./connect/authorities.ts";
import { Dialer } from "./connect/dialer.ts";
import { machineNames, type NameSources } from "./connect/names.ts";
import { placeOf } from "./connect/place.ts";
import type { ProxyRule } from "./connect/proxy-rule.ts";
import { nameOf } from "./connect/tunnel.ts";
import { StaleConnection, unreachable } from "./http-fault.ts";
import { Http1 } from "./http1.ts";
import type { Http2 } from "./http2.ts";
import { SpeaksHttp2 } from "./speaks-http2.ts";

/** A transport that holds connections until it is closed. */
export interface NodeTransport extends Transport {
  /**
   * Ends all connections, idle or not: what is being opened or read fails, and so does what is
   * opened later. Safe to call twice.
   */
  close(): void;
}

export interface HttpTransportOptions {
  readonly clock?: Clock;
  readonly names?: NameSources;
  readonly proxyFor?: ProxyRule;
  /** Certificates of those who may vouch for a server; Node.js's own list unless given. */
  readonly ca?: readonly string[];
}

const staleConnectionsMax = 4;

/** HTTP/1.1, and HTTP/2 where TLS offers it, with connections of its own. */
export function httpTransport(options: HttpTransportOptions = {}): NodeTransport {
  const { clock = nodeClock(), names = machineNames, proxyFor = () => undefined } = options;
  const authorities = new Authorities(options.ca);
  const dialer = new Dialer({ clock, names, proxyFor, authorities });
  let closed = false;
  let http2: Http2 | undefined;
  const adopt = async (url: URL, socket: Duplex): Promise<SpeaksHttp2> => {
    // Only for who meets it: it takes a tenth of what a client's start takes.
    const loaded = await import("./http2.ts");
    if (closed) {
      socket.destroy();
      throw new Error("closed here");
    }
    http2 ??= new loaded.Http2();
    return new SpeaksHttp2(http2.adopt(url, socket));
  };
  const http1 = new Http1(proxyFor, async (call) => {
    const { socket, protocol } = await dialer.dial(call);
    if (protocol === "h2") throw await adopt(call.url, socket);
    return socket;
  });
  const ask = async (request: TransportRequest): Promise<Delivery> => {
    const session = http2?.sessionFor(request.url);
    if (session !== undefined) {
      request.onStep?.(proxyFor(request.url) === undefined ? "reused" : "proxied");
      return session.ask(request);
    }
    try {
      return await http1.ask(request);
    } catch (error) {
      if (!(error instanceof SpeaksHttp2)) throw error;
      request.signal.throwIfAborted();
      return error.session.ask(request);
    }
  };
  return {
    via(url) {
      const proxy = proxyFor(url);
      return proxy && nameOf(proxy);
    },
    placeOf,
    async open(request) {
      // A server may close an idle connection just as it is used again (RFC 9112 section 9.3.1),
      // or refuse a request unread (RFC 9113 section 8.7): that says nothing of the route, so the
      // request goes out over another connection.
      for (let stale = 0; ; stale++) {
        request.signal.throwIfAborted();
        if (closed) throw closedHere(request);
        try {
          return await ask(request);
        } catch (error) {
          if (closed && !request.signal.aborted) throw closedHere(request);
          if (!(error instanceof StaleConnection)) throw error;
          if (stale === staleConnectionsMax) throw unreachable(request, error.cause);
        }
      }
    },
    close() {
      closed = true;
      http1.close();
      http2?.close();
    },
  };
}

function closedHere(request: TransportRequest): RouteError {
  const text = "was not waited for: the client was closed";
  return new RouteError("ROUTE_UNREACHABLE", shown(request.url), text);
}
