import { type Instant, invariant, normalRouteUrl, UsageError } from "@causeway/kernel";
import { signingKey } from "./signing-key.ts";
import { issueTicket } from "./ticket.ts";
import { claimLimits } from "./ticket-claims.ts";
import type { TicketKey } from "./ticket-key-file.ts";

/** Bounds of what is given by hand. */
export const fleetLimits = {
  machinesMax: claimLimits.fleetMax,
  daysMax: 90, // stolen it is worth so many machines, until it ends
} as const;

/** What a vendor promises a customer. */
export interface FleetPromise {
  /** The customer's name: all tickets of one name share what they are worth. */
  readonly fleet: string;
  readonly machines: number;
  readonly days: number;
  /** As in `Ticket.aud`. */
  readonly audience: string;
  /** Where that route is. */
  readonly url: string;
}

/** A promise that was made. */
export interface FleetTicket extends Pick<FleetPromise, "fleet" | "machines" | "url"> {
  /** A whole second. From then on it is worth nothing. */
  readonly expires: Instant;
  /** A secret. */
  readonly text: string;
}

const dayMs = 86_400_000;
const name = /^[a-z0-9][a-z0-9-]{0,31}$/;

/**
 * A ticket for the machines of one customer, who are known to the route from their first look on.
 * @param keys those that count, as origins have them
 * @throws {UsageError} `USAGE_ARGUMENT`; `KEY_MISSING` no key signs
 */
export function issueFleetTicket(
  keys: readonly TicketKey[],
  { fleet, machines, days, audience, url }: FleetPromise,
  now: Instant,
): FleetTicket {
  const { machinesMax, daysMax } = fleetLimits;
  invariant(machines >= 1 && machines <= machinesMax, "a fleet's machines are within their bound");
  invariant(days >= 1 && days <= daysMax, "a fleet's ticket lasts for no longer than its bound");
  if (!name.test(fleet)) {
    const shown = JSON.stringify(fleet.slice(0, 80));
    const what = `${shown} is no fleet's name; use up to 32 of a-z, 0-9 and "-".`;
    throw new UsageError("USAGE_ARGUMENT", what);
  }
  const base = normalRouteUrl(url);
  if (base === undefined || !/^https?:/.test(base)) {
    const shown = JSON.stringify(url.replace(/\/\/[^/]*@/, "//…@").slice(0, 200));
    const what = `${shown} is no route over http or https, which alone have tickets.`;
    throw new UsageError("USAGE_ARGUMENT", what);
  }
  const key = signingKey(keys, now);
  if (key === undefined) {
    const what = "there is no ticket key that counts; run causeway keys rotate tickets.";
    throw new UsageError("KEY_MISSING", what);
  }
  const since = Math.floor(now / 1000);
  const exp = Math.floor((now + days * dayMs) / 1000);
  const ticket = { aud: audience, sub: `fleet-${fleet}`, since, exp, fleet: machines };
  return { fleet, machines, expires: exp * 1000, url: base, text: issueTicket(ticket, key) };
}
