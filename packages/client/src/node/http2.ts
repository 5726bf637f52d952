import * as http2 from "node:http2";
import type { Duplex } from "node:stream";
import { type Delivery, RouteError, type TransportRequest } from "@causeway/kernel";
import { isReset, StaleConnection, unreachable } from "./http-fault.ts";
import {
  bearerCredentials,
  headersLengthMax,
  interimAnswersMax,
  requestHeaders,
} from "./http-request.ts";
import { Http2Delivery } from "./http2-delivery.ts";

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = http2.constants;
// What may lie here unread, by request: Node.js opens the connection's own window as bytes come.
// The four that a client has at once get 300 Mbit/s over a round trip of 200 ms, and hold 8 MiB.
const streamWindow = 2 * 1024 * 1024;
const sessionWindow = 8 * 1024 * 1024;
const headerPairsMax = 128;
const settingsMax = 8; // a server sets them once, and again when it is reconfigured
const pingsMax = 1_000; // one in ten seconds is a lively server; this is a flood
// While nobody asks for anything, a server has pings and settings to say; whatever more it sends
// would cost CPU for as long as the client lives.
const idleBytesMax = 64 * 1024;
const idleLookMs = 250;

/** HTTP/2 over one connection per host, for hosts that have shown to speak it. */
export class Http2 {
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Set<Session>();

  /** The connection that can take a request to the host now. */
  sessionFor(url: URL): Session | undefined {
    const session = this.#sessions.get(url.host);
    return url.protocol === "https:" && session?.usable === true ? session : undefined;
  }

  /** Takes a connection over; when the host has one already, that one is used on. */
  adopt(url: URL, socket: Duplex): Session {
    const earlier = this.sessionFor(url);
    if (earlier !== undefined) {
      socket.destroy();
      return earlier;
    }
    const session = new Session(url, socket, () => this.#open.delete(session));
    this.#sessions.set(url.host, session);
    this.#open.add(session);
    return session;
  }

  close(): void {
    for (const session of this.#open) session.destroy();
    this.#sessions.clear();
  }
}

/** One HTTP/2 connection. */
class Session {
  readonly #session: http2.ClientHttp2Session;
  readonly #socket: Duplex & { readonly bytesRead?: number };
  #usable = true;
  #requests = 0;
  #idleWatch: NodeJS.Timeout | undefined;
  #everAnswered = false;
  /** Of the requests' numbers, the last one that the server read before it said goodbye. */
  #lastRead = Number.POSITIVE_INFINITY;

  constructor(url: URL, socket: Duplex, onClose: () => void) {
    this.#socket = socket;
    const session = http2.connect(url.origin, {
      createConnection: () => socket,
      maxSendHeaderBlockLength: headersLengthMax,
      maxHeaderListPairs: headerPairsMax,
      maxReservedRemoteStreams: 0,
      settings: {
        enablePush: false, // one that comes all the same ends the connection
        initialWindowSize: streamWindow,
        maxHeaderListSize: headersLengthMax,
      },
    });
    this.#session = session;
    session.on("connect", () => session.setLocalWindowSize(sessionWindow));
    session.on("error", () => this.retire()); // its requests get it too
    session.on("goaway", (_, last) => {
      this.#lastRead = last;
      this.retire();
    });
    session.on("close", () => {
      this.#usable = false;
      clearInterval(this.#idleWatch);
      socket.destroy();
      onClose();
    });
    this.#boundFloods();
    session.unref(); // an idle connection keeps no process alive
  }

  get usable(): boolean {
    return this.#usable && !this.#session.closed && !this.#session.destroyed;
  }

  /** Bytes that came over the connection: it is alive while they grow. */
  get bytesRead(): number {
    return this.#socket.bytesRead ?? 0;
  }

  /** Takes no more requests; it ends with those that are under way. */
  retire(): void {
    this.#usable = false;
    if (!this.#session.closed) this.#session.close();
  }

  destroy(): void {
    this.#usable = false;
    this.#session.destroy();
    this.#socket.destroy();
  }

  /** As `Http1.ask`. */
  ask(request: TransportRequest): Promise<Delivery> {
    const { signal } = request;
    const reused = this.#everAnswered;
    return new Promise((resolve, reject) => {
      const heardBefore = this.bytesRead;
      const stream = this.#open(request);
      const onAbort = (): void => {
        // It may be dead, or say everything but what was asked for: dial anew next time.
        if (this.bytesRead === heardBefore || signal.reason instanceof RouteError) this.retire();
        stream.close(NGHTTP2_CANCEL);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      let failure: Error | undefined;
      stream.on("error", (cause: Error) => {
        failure = cause;
      });
      stream.on("close", () => {
        signal.removeEventListener("abort", onAbort);
        this.#let();
        const cause = failure ?? ended();
        const refused = stream.rstCode === NGHTTP2_REFUSED_STREAM;
        if (refused) this.retire();
        const unread = refused || (stream.id ?? 0) > this.#lastRead || (reused && isReset(cause));
        reject(unread ? new StaleConnection(cause) : unreachable(request, cause));
      });
      let interim = 0;
      stream.on("headers", () => {
        if (++interim <= interimAnswersMax) return;
        reject(unreachable(request, new Error("sent interim answers on and on")));
        this.destroy();
      });
      stream.on("response", (headers, _, raw) => {
        this.#everAnswered = true;
        resolve(
          new Http2Delivery(stream, headers[":status"] ?? 0, raw, { request, session: this }),
        );
      });
    });
  }

  #open(request: TransportRequest): http2.ClientHttp2Stream {
    const { pathname, search, host } = request.url;
    const authorization = bearerCredentials(request);
    try {
      const stream = this.#session.request({
        ":method": "GET",
        ":scheme": "https",
        ":authority": host,
        ":path": `${pathname}${search}`,
        ...requestHeaders(request),
        ...(authorization !== undefined && { authorization }),
      });
      if (this.#requests++ === 0) {
        clearInterval(this.#idleWatch);
        this.#session.ref();
      }
      return stream;
    } catch (cause) {
      this.retire();
      throw new StaleConnection(cause); // it was closed in this very moment
    }
  }

  #let(): void {
    if (--this.#requests > 0 || this.#session.destroyed) return;
    this.#session.unref();
    const before = this.bytesRead;
    this.#idleWatch = setInterval(() => {
      if (this.bytesRead - before > idleBytesMax) this.destroy();
    }, idleLookMs).unref();
  }

  #boundFloods(): void {
    let settings = 0;
    let pings = 0;
    this.#session.on("remoteSettings", () => {
      if (++settings > settingsMax) this.destroy();
    });
    this.#session.on("ping", () => {
      if (++pings > pingsMax) this.destroy();
    });
  }
}

/** No error comes with a connection that just ends. */
function ended(): Error {
  return Object.assign(new Error("ended the request without an answer"), { code: "ECONNRESET" });
}
