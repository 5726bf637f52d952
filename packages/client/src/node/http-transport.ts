import * as http from "node:http";
import type { SecureContext } from "node:tls";
import {
  type Clock,
  type Delivery,
  RouteError,
  type Transport,
  type TransportRequest,
} from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import { nodeClock } from "./clock.ts";
import { Dialer } from "./connect/dialer.ts";
import { machineNames, type NameSources } from "./connect/names.ts";
import type { ProxyRule } from "./connect/proxy-rule.ts";
import { nameOf, proxyDenies, proxyHeaders } from "./connect/tunnel.ts";
import { hostOf, portOf } from "./connect/url-host.ts";
import { basicCredentials } from "./credentials.ts";
import { HttpDelivery } from "./http-delivery.ts";
import { isReset, unreachable } from "./http-fault.ts";
import { KeptConnections, type KeptRequestOptions } from "./kept-connections.ts";

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
  readonly context?: SecureContext;
}

const headersLengthMax = 16 * 1024;
const interimAnswersMax = 8; // 103 Early Hints come once or twice; a flood of them costs CPU
const staleSocketsMax = 4;

/** HTTP/1.1 over plain connections and TLS, with connections of its own. */
export function httpTransport(options: HttpTransportOptions = {}): NodeTransport {
  const { clock = nodeClock(), names = machineNames, proxyFor = () => undefined } = options;
  const dialer = new Dialer({ ...options, clock, names, proxyFor });
  const connections: Connections = {
    proxyFor,
    plain: new KeptConnections((call) => dialer.dial(call)),
    proxied: new KeptConnections((call) => dialer.dial(call)),
    secure: new KeptConnections((call) => dialer.dial(call)),
  };
  let closed = false;
  return {
    via(url) {
      const proxy = proxyFor(url);
      return proxy && nameOf(proxy);
    },
    async open(request) {
      // A server may close an idle connection just as it is used again (RFC 9112 section 9.3.1):
      // that says nothing of the route, so the request goes out over another connection.
      for (let stale = 0; ; stale++) {
        request.signal.throwIfAborted();
        if (closed) throw closedHere(request);
        try {
          return await ask(request, connections);
        } catch (error) {
          if (closed && !request.signal.aborted) throw closedHere(request);
          if (!(error instanceof StaleSocket)) throw error;
          if (stale === staleSocketsMax) throw unreachable(request, error.cause);
        }
      }
    },
    close() {
      closed = true;
      connections.plain.destroy();
      connections.proxied.destroy();
      connections.secure.destroy();
    },
  };
}

interface Connections {
  readonly proxyFor: ProxyRule;
  readonly plain: KeptConnections;
  /** To proxies, for http URLs. */
  readonly proxied: KeptConnections;
  readonly secure: KeptConnections;
}

class StaleSocket extends Error {}

function ask(request: TransportRequest, connections: Connections): Promise<Delivery> {
  const { url, signal } = request;
  const proxy = connections.proxyFor(url);
  return new Promise((resolve, reject) => {
    const sent = http.request(requestOptions(request, connections));
    sent.on("socket", () => {
      if (proxy !== undefined && sent.reusedSocket) request.onStep?.("proxied");
    });
    const onAbort = (): void => {
      sent.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const unlisten = (): void => signal.removeEventListener("abort", onAbort);
    sent.on("error", (cause) => {
      if (sent.reusedSocket && isReset(cause)) reject(new StaleSocket("stale", { cause }));
      else reject(unreachable(request, cause));
    });
    sent.on("close", () => {
      unlisten();
      reject(unreachable(request, new Error("closed the connection without an answer")));
    });
    let interim = 0;
    sent.on("information", () => {
      if (++interim > interimAnswersMax) sent.destroy(new Error("sent interim answers on and on"));
    });
    sent.on("response", (answer) => {
      answer.on("error", () => undefined); // the body's reader gets it; without one nobody does
      if (proxy !== undefined && url.protocol === "http:" && answer.statusCode === 407) {
        reject(proxyDenies(url, proxy));
        answer.destroy();
      } else resolve(new HttpDelivery(answer, request));
    });
    sent.end();
  });
}

function requestOptions(request: TransportRequest, connections: Connections): KeptRequestOptions {
  const { url, range } = request;
  const secure = url.protocol === "https:";
  const proxy = secure ? undefined : connections.proxyFor(url);
  const path = `${url.pathname}${url.search}`;
  const authorization = basicCredentials(url);
  const direct = secure ? connections.secure : connections.plain;
  return {
    asked: request,
    agent: proxy === undefined ? direct : connections.proxied,
    host: hostOf(proxy ?? url),
    port: portOf(proxy ?? url),
    path: proxy === undefined ? path : `http://${url.host}${path}`, // RFC 9112 section 3.2.2
    maxHeaderSize: headersLengthMax,
    headers: {
      host: url.host,
      "user-agent": "causeway", // some services refuse those who send none
      ...(authorization !== undefined && { authorization }),
      ...(proxy && proxyHeaders(proxy)),
      ...request.headers,
      ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
    },
  };
}

function closedHere(request: TransportRequest): RouteError {
  const text = "was not waited for: the client was closed";
  return new RouteError("ROUTE_UNREACHABLE", shown(request.url), text);
}
