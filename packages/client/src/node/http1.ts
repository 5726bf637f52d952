import * as http from "node:http";
import type { Duplex } from "node:stream";
import type { Delivery, TransportRequest } from "@causeway/kernel";
import type { Call } from "./connect/dialer.ts";
import type { ProxyRule } from "./connect/proxy-rule.ts";
import { proxyDenies, proxyHeaders } from "./connect/tunnel.ts";
import { hostOf, portOf } from "./connect/url-host.ts";
import { HttpDelivery } from "./http-delivery.ts";
import { isReset, StaleConnection, unreachable } from "./http-fault.ts";
import {
  bearerCredentials,
  headersLengthMax,
  interimAnswersMax,
  isOfAnotherTime,
  requestHeaders,
} from "./http-request.ts";
import { KeptConnections, type KeptRequestOptions } from "./kept-connections.ts";
import { SpeaksHttp2 } from "./speaks-http2.ts";
import { ParsedBuffers } from "./spent-buffers.ts";

/** HTTP/1.1 over connections that it keeps. */
export class Http1 {
  readonly #proxyFor: ProxyRule;
  readonly #plain: KeptConnections;
  /** To proxies, for http URLs. */
  readonly #proxied: KeptConnections;
  readonly #secure: KeptConnections;
  readonly #parsed = new ParsedBuffers();

  constructor(proxyFor: ProxyRule, dial: (call: Call) => Promise<Duplex>) {
    this.#proxyFor = proxyFor;
    this.#plain = new KeptConnections(dial);
    this.#proxied = new KeptConnections(dial);
    this.#secure = new KeptConnections(dial);
  }

  /**
   * Asks for one file.
   * @throws {StaleConnection} when the connection was idle before, and over as it was used
   * @throws {SpeaksHttp2} when the new connection is for that
   */
  ask(request: TransportRequest): Promise<Delivery> {
    const { url, signal } = request;
    const proxy = this.#proxyFor(url);
    return new Promise((resolve, reject) => {
      const sent = http.request(this.#options(request));
      sent.on("socket", (socket) => {
        if (sent.reusedSocket) request.onStep?.(proxy === undefined ? "reused" : "proxied");
        const { onData } = this.#parsed;
        socket.on("data", onData); // the parser listens already, so that it is the first
        sent.on("close", () => socket.off("data", onData));
        // Only now it is known who would read it.
        const bearer = bearerCredentials(request);
        if (bearer !== undefined && !isOfAnotherTime(socket)) {
          sent.setHeader("authorization", bearer);
        }
        sent.end();
      });
      const onAbort = (): void => {
        sent.destroy();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      sent.on("error", (cause) => {
        if (cause instanceof SpeaksHttp2) reject(cause);
        else if (sent.reusedSocket && isReset(cause)) reject(new StaleConnection(cause));
        else reject(unreachable(request, cause));
      });
      sent.on("close", () => {
        signal.removeEventListener("abort", onAbort);
        reject(unreachable(request, new Error("closed the connection without an answer")));
      });
      let interim = 0;
      sent.on("information", () => {
        if (++interim > interimAnswersMax) {
          sent.destroy(new Error("sent interim answers on and on"));
        }
      });
      sent.on("response", (answer) => {
        answer.on("error", () => undefined); // the body's reader gets it; without one nobody does
        if (proxy !== undefined && url.protocol === "http:" && answer.statusCode === 407) {
          reject(proxyDenies(url, proxy));
          answer.destroy();
        } else resolve(new HttpDelivery(answer, request, this.#parsed));
      });
    });
  }

  close(): void {
    for (const each of [this.#plain, this.#proxied, this.#secure]) each.destroy();
  }

  #options(request: TransportRequest): KeptRequestOptions {
    const { url } = request;
    const secure = url.protocol === "https:";
    const proxy = secure ? undefined : this.#proxyFor(url);
    const path = `${url.pathname}${url.search}`;
    const direct = secure ? this.#secure : this.#plain;
    return {
      asked: request,
      agent: proxy === undefined ? direct : this.#proxied,
      host: hostOf(proxy ?? url),
      port: portOf(proxy ?? url),
      path: proxy === undefined ? path : `http://${url.host}${path}`, // RFC 9112 section 3.2.2
      maxHeaderSize: headersLengthMax,
      headers: { host: url.host, ...(proxy && proxyHeaders(proxy)), ...requestHeaders(request) },
    };
  }
}
