import type { Route } from "./route.ts";

/**
 * What each host's `Date` headers said: one word for each, however many routes lead there. A
 * route that lied, or showed a page of its own, has none, nor has whoever is on this network.
 */
export function hostTimes(routes: readonly Route[]): readonly { readonly aheadMs: number }[] {
  const times = new Map<string, number>();
  for (const { base, skewMs, trustworthy, standing } of routes) {
    if (skewMs === undefined || !trustworthy || standing.isNeighbour) continue;
    const host = hostOf(base);
    times.set(host, Math.max(times.get(host) ?? skewMs, skewMs));
  }
  return [...times.values()].map((aheadMs) => ({ aheadMs }));
}

function hostOf(base: URL): string {
  // Behind ports of this very machine stand tunnels to others, as a rule.
  const isLoopback = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:.*\.)?localhost)$/.test(base.hostname);
  return isLoopback ? base.host : base.hostname;
}
