import type { Route } from "./route.ts";

const order = { ok: 0, slow: 1, dead: 2, stale: 3, lying: 4 } as const;

/** The most promising first; otherwise in the caller's order. */
export function rankRoutes(routes: readonly Route[]): readonly Route[] {
  return routes.toSorted((a, b) => order[a.state] - order[b.state] || unproven(a) - unproven(b));
}

/** True unless the route lied, or asked us to stay away and still means it. */
export function isWorthAsking(route: Route, steady: number): boolean {
  return route.trustworthy && route.restUntil <= steady;
}

function unproven(route: Route): number {
  return route.bytesKept > 0 ? 0 : 1;
}
