import type { Handler } from "./exchange.ts";
import { hasBody } from "./framing.ts";
import { refuse } from "./refusals.ts";

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
    return next(exchange);
  };
}
