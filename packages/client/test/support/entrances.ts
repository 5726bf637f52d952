import { RouteError } from "@causeway/kernel";
import { nodePorts } from "../../src/node/index.ts";
import { entranceLimits } from "../../src/routes/entrances.ts";
import { type ExchangePorts, exchange } from "../../src/routes/exchange.ts";
import { parseRoute } from "../../src/routes/parse-route.ts";
import type { Route } from "../../src/routes/route.ts";
import type { FaultyRoute } from "./faulty-route.ts";
import { quickExchange } from "./quick.ts";
import { ticketUntil } from "./tickets.ts";

/** What is asked for where a test does not say. */
export const file = "metadata/timestamp.json";
export const files = new Map([[file, new Uint8Array(10)]]);
export const ports = nodePorts();
export const today = Math.floor(Date.now() / 1000);

/** Nobody loses patience, however slow this machine is. */
export const patient = portsWhereSleep(() => new Promise<never>(() => {}));

/** The first way to a route is slow whenever there is another one; else nobody loses patience. */
export const hedging = portsWhereSleep((ms) => {
  return ms === entranceLimits.hedgeMs ? Promise.resolve() : new Promise<never>(() => {});
});

function portsWhereSleep(sleep: ExchangePorts["clock"]["sleep"]): ExchangePorts {
  return { ...ports, clock: { ...ports.clock, sleep } };
}

export function portOf({ url }: FaultyRoute): number {
  return Number(new URL(url).port);
}

export function ticketOf(...entrances: readonly number[]): string {
  return ticketUntil(today + 3_600, "machine", entrances);
}

/** A route that has given a ticket which names those. */
export function routeWith(server: FaultyRoute, ...entrances: readonly FaultyRoute[]): Route {
  const route = parseRoute(server.url);
  const until = ports.clock.steady() + 3_600_000;
  route.takeTicket(route.url(file), file, { text: ticketOf(...entrances.map(portOf)), until }, 0);
  return route;
}

export async function ask(route: Route, path = file, how: ExchangePorts = ports): Promise<void> {
  const { signal } = new AbortController();
  const request = { path, lengthMax: 1_000, limits: quickExchange, signal };
  for await (const _ of (await exchange(how, route, request)).body);
}

export async function failureOf(
  route: Route,
  path = file,
  how: ExchangePorts = ports,
): Promise<RouteError> {
  try {
    await ask(route, path, how);
  } catch (error) {
    if (error instanceof RouteError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

export function counts(...servers: readonly FaultyRoute[]): readonly number[] {
  return servers.map(({ requests }) => requests.length);
}
