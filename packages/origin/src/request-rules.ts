import type { IncomingMessage } from "node:http";
import type { Handler } from "./exchange.ts";
import { refuse } from "./refusals.ts";

/** RFC 3986 section 3.2.2 and a port; empty where a target has no authority. */
const hostShape = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** Passes on only what a client of a file server sends: GET or HEAD, no body, few headers. */
export function requestRules(next: Handler, headerCountMax: number): Handler {
  return async (exchange) => {
    const { request } = exchange;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuse(exchange, 405, ["Allow", "GET, HEAD"]);
    }
    if (hasBody(request)) return refuse(exchange, 413);
    if (request.rawHeaders.length > headerCountMax * 2) {
      return refuse(exchange, 431, ["Connection", "close"]);
    }
    if (!isPlain(request)) return refuse(exchange, 400, ["Connection", "close"]);
    return next(exchange);
  };
}

/** Whether every other reader on the way takes it for the same request. */
function isPlain({ rawHeaders, headers, httpVersion }: IncomingMessage): boolean {
  // Node's parser also takes 0.9 and 2.0 for versions.
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return false;
  const hosts = hostCount(rawHeaders);
  // RFC 9112 section 3.2
  if (hosts !== 1 && (hosts > 1 || httpVersion === "1.1")) return false;
  return hostShape.test(headers.host ?? "");
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count;
}

/** Whether bytes follow that are no request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}
