import type { FleetTicket } from "@causeway/client";
import { readFleetTicket } from "@causeway/client/node";
import { CausewayError, normalRouteUrl } from "@causeway/kernel";
import { sharedSecret } from "./shared-secret.ts";
import type { Terminal } from "./terminal.ts";

/**
 * The tickets that a vendor gave by hand. What is wrong with one is told, and keeps nobody from a
 * patch.
 * @param routes as the user wrote them
 */
export async function fleetTickets(
  files: readonly string[],
  routes: readonly string[],
  terminal: Terminal,
): Promise<readonly FleetTicket[]> {
  const urls = new Set(routes.map(normalRouteUrl));
  const tickets: FleetTicket[] = [];
  for (const file of files) {
    try {
      const ticket = await readFleetTicket(file);
      const shared = await sharedSecret(file);
      if (shared !== undefined) terminal.warn(shared);
      if (urls.has(ticket.url)) tickets.push(ticket);
      else
        terminal.warn(`${file} is for ${ticket.url} alone, which is no --route: it is not shown.`);
    } catch (error) {
      if (!(error instanceof CausewayError)) throw error;
      terminal.warn(error.message);
    }
  }
  return tickets;
}
