import { type Clock, type Random, RouteError } from "@causeway/kernel";
import type { Route } from "./route.ts";
import { isLie, isRouteFault } from "./route-fault.ts";

/** Who had a part in what came of asking a route for a file. */
export interface Suspects {
  readonly ports: { readonly clock: Clock; readonly random: Random };
  readonly route: Route;
  readonly path: string;
  /** Who was asked last: the route, or whom a redirect led to. */
  readonly host: Route;
  /** The host, once a private entrance of it has given the answer or a part of it. */
  readonly viaEntrance?: Route;
}

/** Waits of what one route redirects to another after failures there, however it does else. */
const ledBackoff = { base: 300, max: 60_000 };

/** Else a route could have us ask another one more often than its failures let us. */
export function mayAskAt(route: Route, host: Route): number {
  return Math.max(host.restUntil, host.backoff.dueAt, route.ledTo(host).dueAt);
}

/**
 * What a failure is for the route that was asked. A lie of a private entrance is none of its
 * route's; and what failed where a redirect led to is not told as if the route itself had: it is
 * alive. Who lied there is struck.
 */
export function blameFor(error: unknown, suspects: Suspects): unknown {
  const { host, route, viaEntrance } = suspects;
  if (!isRouteFault(error)) return error;
  const own = viaEntrance === host ? host.excused(error) : error;
  return host === route ? own : ledTo(own, suspects);
}

function ledTo(error: Error, { ports, host, route, path }: Suspects): RouteError {
  const text = `redirects ${path} to ${host.id}, which failed: ${error.message}`;
  if (!(error instanceof RouteError) || isLie(error)) {
    if (error instanceof RouteError) host.strike(error);
    const options = { misled: true, cause: error };
    return new RouteError("ROUTE_REFUSED", route.id + path, text, options);
  }
  route.ledTo(host).failed(ports.clock.steady(), ledBackoff, ports.random);
  const { code, url, retryAfterMs, reset, forbidden, astray, rangeless, silent } = error;
  const misled = error.misled || astray; // it led there, and no further
  const kept = { reset, forbidden, misled, rangeless, silent, cause: error };
  return new RouteError(code, url, text, {
    ...kept,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
