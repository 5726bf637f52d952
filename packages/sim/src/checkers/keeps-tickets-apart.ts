import { addressOf } from "../network/request.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

const entrancesMax = 4;

/**
 * Law 8: what a route gave to know the customer by is seen by no other, and junk by nobody. At
 * other ports of a route's host only what it named is asked, by whom it told.
 */
export function keepsTicketsApart({ world }: Scene): Checker {
  return {
    asked(exchange) {
      const { host, port, path, bearer } = exchange;
      const ticket = bearer === undefined ? undefined : claimsOf(bearer);
      if (port !== undefined && !isNamed(port, ticket?.ent)) {
        world.broke(
          8,
          `${addressOf(exchange)} was asked for ${path} without a ticket that names it`,
        );
      }
      if (bearer === undefined) return;
      if (ticket === undefined) world.broke(8, `${host} was shown junk with ${path}`);
      else if (ticket.aud !== host) world.broke(8, `${host} was shown a ticket of ${ticket.aud}`);
    },
  };
}

interface Claims {
  readonly aud: string;
  readonly ent?: unknown;
}

function isNamed(port: number, ent: unknown): boolean {
  return Array.isArray(ent) && ent.length <= entrancesMax && ent.includes(port) && port >= 1024;
}

/** Routes of a drill write their name into their tickets. */
function claimsOf(ticket: string): Claims | undefined {
  if (!/^e30\.[\w-]+\.n\d+$/.test(ticket)) return undefined;
  return JSON.parse(atob(ticket.split(".")[1] ?? "")) as Claims;
}
