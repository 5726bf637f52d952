import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, file, files, hedging, portOf, routeWith, today } from "./support/entrances.ts";
import { startRoute } from "./support/faulty-route.ts";
import { ticketUntil } from "./support/tickets.ts";

test("an entrance renews a ticket that ends soon: an attack may last for longer", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  const asked = async (ticket: string): Promise<string | undefined> => {
    entrance.headers = { "causeway-ticket": ticket };
    await ask(route, file, hedging);
    return route.ticket?.text;
  };
  const renewed = ticketUntil(today + 86_400, "machine", [portOf(entrance)]);
  assert.equal(await asked(renewed), renewed);
  const later = ticketUntil(today + 90_000, "machine", [portOf(entrance)]);
  assert.equal(await asked(later), renewed, "whoever is there cannot take what lasts");
});
