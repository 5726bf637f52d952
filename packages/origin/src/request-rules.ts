import type { IncomingMessage } from "node:http";
import type { Handler } from "./exchange.ts";
import { refuse } from "./refusals.ts";

/** Passes on only what a client of a file server sends: GET or HEAD, no body, few headers. */
export function requestRules(next: Handler, headerCountMax: number): Handler {
  return async (exchange) => {
    const { request } = exchange;
    // A body that nobody reads must not be taken for the next request.
    const body = hasBody(request);
    const close = body ? ["Connection", "close"] : [];
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuse(exchange, 405, ["Allow", "GET, HEAD", ...close]);
    }
    if (body) return refuse(exchange, 413, close);
    if (request.rawHeaders.length > headerCountMax * 2) {
      return refuse(exchange, 431, ["Connection", "close"]);
    }
    // RFC 9112, section 3.2: another reader on the way may have gone by the other one.
    if (hostCount(request) > 1) return refuse(exchange, 400, ["Connection", "close"]);
    return next(exchange);
  };
}

function hostCount({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}
