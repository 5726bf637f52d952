import type { Route } from "./route.ts";

const order = { ok: 0, slow: 1, dead: 2, stale: 3, lying: 4 } as const;

const fastest = 13; // in steps of four times: 64 MiB/s and more are all the same

/** The most promising first; otherwise in the caller's order. */
export function rankRoutes(routes: readonly Route[]): readonly Route[] {
  return routes.toSorted((a, b) => {
    return order[a.state] - order[b.state] || lag(a) - lag(b) || unproven(a) - unproven(b);
  });
}

/** Those that took too long the last time come later, so that each document has not to wait. */
function lag(route: Route): number {
  return route.lagging ? 1 : 0;
}

function unproven(route: Route): number {
  return route.bytesKept > 0 ? 0 : 1;
}

/** As `rankRoutes`; of those that are alike, one that was several times slower comes later. */
export function rankForBytes(routes: readonly Route[]): readonly Route[] {
  return rankRoutes(routes.toSorted((a, b) => slowness(a) - slowness(b)));
}

/** Fourths of the quickest rate that anybody has; 0 while it is unknown. */
function slowness({ bytesPerSecond, recalled }: Route): number {
  const rate = recalled.bytesPerSecond ?? bytesPerSecond;
  return rate === undefined ? 0 : Math.max(0, fastest - Math.floor(Math.log2(rate + 1) / 2));
}
