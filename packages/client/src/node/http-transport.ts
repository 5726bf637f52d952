import * as http from "node:http";
import * as https from "node:https";
import { type Delivery, RouteError, type Transport, type TransportRequest } from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import { errnoOf } from "./internal/host-error.ts";

/** A transport that holds connections until it is closed. */
export interface NodeTransport extends Transport {
  /** Ends all connections, idle or not. */
  close(): void;
}

const agentOptions: https.AgentOptions = {
  keepAlive: true,
  maxFreeSockets: 4, // per route: as many as one client has requests there
  scheduling: "lifo", // the connection used last is the least likely to be closed by now
  autoSelectFamily: true, // RFC 8305
};
const headersLengthMax = 16 * 1024;
const drainLengthMax = 16 * 1024; // reading so little is cheaper than a new connection
const drainMs = 1_000;
const staleSocketsMax = 4;

/** HTTP/1.1 and HTTPS with connections and agents of its own. */
export function httpTransport(): NodeTransport {
  const agents = {
    http: new http.Agent(agentOptions),
    https: new https.Agent(agentOptions),
  };
  return {
    async open(request) {
      // A server may close an idle connection just as it is used again (RFC 9112 section 9.3.1):
      // that says nothing of the route, so the request goes out over another connection.
      for (let stale = 0; ; stale++) {
        try {
          return await ask(request, agents);
        } catch (error) {
          if (!(error instanceof StaleSocket)) throw error;
          if (stale === staleSocketsMax) throw unreachable(request, error.cause);
        }
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

class StaleSocket extends Error {}

function ask(
  request: TransportRequest,
  agents: { readonly http: http.Agent; readonly https: https.Agent },
): Promise<Delivery> {
  const { url, range, signal } = request;
  signal.throwIfAborted();
  const secure = url.protocol === "https:";
  const options: http.RequestOptions = {
    agent: secure ? agents.https : agents.http,
    maxHeaderSize: headersLengthMax,
    headers: {
      "user-agent": "causeway", // some services refuse those who send none
      ...request.headers,
      ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
    },
  };
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(url, options);
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
    sent.on("response", (answer) => {
      answer.on("error", () => undefined); // the body's reader gets it; without one nobody does
      resolve(new HttpDelivery(answer, request));
    });
    sent.end();
  });
}

class HttpDelivery implements Delivery {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #answer: http.IncomingMessage;
  #reading = false;

  constructor(answer: http.IncomingMessage, request: TransportRequest) {
    this.#answer = answer;
    this.status = answer.statusCode ?? 0;
    this.headers = headersOf(answer.rawHeaders);
    this.body = this.#read(request);
  }

  async *#read(request: TransportRequest): AsyncGenerator<Uint8Array, void, undefined> {
    this.#reading = true;
    try {
      for await (const bytes of this.#answer) yield bytes as Uint8Array;
    } catch (cause) {
      request.signal.throwIfAborted();
      const text = `broke the connection (${errnoOf(cause) ?? String(cause)})`;
      throw new RouteError("ROUTE_TRUNCATED", shown(request.url), text, { cause });
    }
  }

  close(): void {
    const answer = this.#answer;
    if (answer.readableEnded || answer.destroyed) return;
    const promised = Number(this.headers.get("content-length") ?? 0);
    if (this.#reading || !(promised <= drainLengthMax)) {
      answer.destroy();
      return;
    }
    let drained = 0;
    answer.on("data", (bytes: Uint8Array) => {
      drained += bytes.length;
      if (drained > drainLengthMax) answer.destroy();
    });
    const timer = setTimeout(() => answer.destroy(), drainMs);
    timer.unref();
    answer.on("close", () => clearTimeout(timer));
  }
}

/** Repeated headers are joined (RFC 9110 section 5.2), so that none hides another. */
function headersOf(raw: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const earlier = headers.get(name);
    const value = raw[at + 1] ?? "";
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "refuses the connection"],
  ["ECONNRESET", "reset the connection"],
  ["ETIMEDOUT", "does not take the connection"],
  ["EHOSTUNREACH", "cannot be reached from here"],
  ["ENETUNREACH", "cannot be reached from here"],
  ["ENOTFOUND", "has a name that is not known"],
  ["EAI_AGAIN", "has a name that cannot be looked up now"],
  ["HPE_HEADER_OVERFLOW", "sent too many headers"],
  ["EPROTO", "does not speak TLS that we know (is it http, not https?)"],
]);

function unreachable(request: TransportRequest, cause: unknown): RouteError {
  const errno = errnoOf(cause);
  const known = reasons.get(errno ?? "");
  const text = (cause instanceof Error && cause.message.trim()) || String(errno);
  const what = known ?? (errno?.startsWith("HPE_") === true ? "does not speak HTTP" : text);
  const reset = isReset(cause);
  return new RouteError("ROUTE_UNREACHABLE", shown(request.url), what, { cause, reset });
}

function isReset(cause: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(errnoOf(cause) ?? "");
}
