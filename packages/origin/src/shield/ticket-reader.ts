import { isPlaceText } from "@causeway/kernel";
import type { Handler } from "../exchange.ts";
import { bearerToken } from "./bearer.ts";
import type { TicketVerifier } from "./ticket-verifier.ts";

/**
 * Puts the ticket of a request on its exchange. Whoever shows a bad one is a newcomer, as if there
 * were none: a 401 would keep a machine from its patch because it was away for a day.
 */
export function readTickets(next: Handler, verifier: TicketVerifier): Handler {
  return (exchange) => {
    const { authorization } = exchange.request.headers;
    if (authorization === undefined) return next(exchange);
    const token = bearerToken(authorization);
    if (token === undefined || isPlaceText(token)) return next(exchange);
    const verdict = verifier.verify(token, Date.now() / 1000);
    const { tickets } = exchange.counters;
    if (typeof verdict === "string") {
      tickets.bad[verdict]++;
    } else {
      tickets.good++;
      exchange.ticket = verdict;
    }
    return next(exchange);
  };
}
