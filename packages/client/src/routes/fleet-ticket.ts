import {
  Fields,
  type Instant,
  isPlaceText,
  malformed,
  normalRouteUrl,
  parseJson,
} from "@causeway/kernel";
import { endOf, isSamePromise, isTicketText, type RouteTicket, ticketMsMax } from "./ticket.ts";

/** A ticket that a vendor gave a customer by hand, for all their machines. */
export interface FleetTicket {
  /** The base URL of the route that it is for; nobody else is shown it. */
  readonly url: string;
  /** A secret. */
  readonly text: string;
}

export const fleetTicketBytesMax = 4 * 1024; // a URL and a ticket of 1,024 characters each, escaped

const kind = "causeway-fleet-ticket";

/**
 * Reads the file that `causeway keys fleet-ticket` writes. Whether the ticket is good, the route
 * judges.
 * @throws {TrustError} `TRUST_MALFORMED`; no message has anything of the ticket in it
 */
export function decodeFleetTicket(bytes: Uint8Array): FleetTicket {
  const fields = new Fields(parseJson(bytes, kind), kind);
  if (fields.string("_type") !== kind) throw malformed(kind, "is something else");
  return { url: fields.matching("url", isWebRoute), text: fields.matching("ticket", isTicketText) };
}

/**
 * What a route is shown at first: the ticket that was given by hand, unless the route itself has
 * renewed that, or it is over and the route has given another one. Times are of the steady clock,
 * but for `now`. A clock that is wrong costs no more than a ticket that is shown in vain.
 */
export function firstTicket(
  kept: RouteTicket | undefined,
  given: FleetTicket | undefined,
  now: Instant,
  steady: number,
): RouteTicket | undefined {
  if (given === undefined) return kept;
  const leftMs = (endOf(given.text) ?? now) - now;
  if (kept !== undefined && !isPlaceText(kept.text)) {
    if (leftMs <= 0 || isSamePromise(kept.text, given.text)) return kept;
  }
  const forMs = leftMs > 0 ? Math.min(leftMs, ticketMsMax) : ticketMsMax;
  return { text: given.text, until: steady + forMs };
}

function isWebRoute(url: string): url is string {
  return /^https?:/.test(url) && normalRouteUrl(url) === url;
}
