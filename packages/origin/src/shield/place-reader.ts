import { isPlaceText } from "@causeway/kernel";
import type { Exchange, Handler } from "../exchange.ts";
import { bearerToken } from "./bearer.ts";
import { placeCookie } from "./place-cookie.ts";
import type { WaitingPlaces } from "./waiting-places.ts";

const cookie = new RegExp(`(?:^|; ?)${placeCookie}=([\\w.-]{1,256})(?:;|$)`);

/** Puts the place that a client has kept on its exchange, if it is one here and now. */
export function readPlaces(next: Handler, places: WaitingPlaces): Handler {
  return (exchange) => {
    const text = placeTextOf(exchange);
    if (text === undefined || exchange.from === undefined) return next(exchange);
    const place = places.verify(text, exchange.from, Date.now() / 1000);
    if (place === undefined) return next(exchange);
    exchange.counters.tickets.waited++;
    exchange.place = place;
    return next(exchange);
  };
}

/** Programs show it as a ticket, and browsers as a cookie. */
function placeTextOf({ request: { headers } }: Exchange): string | undefined {
  const token = bearerToken(headers.authorization);
  if (token !== undefined) return isPlaceText(token) ? token : undefined;
  return headers.cookie === undefined ? undefined : cookie.exec(headers.cookie)?.[1];
}
