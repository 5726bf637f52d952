import type { Moment, Recorded } from "../../src/watch/moment.ts";

/** A second in which nothing happened, but for `part`. */
export function moment(n: number, part: Partial<Moment> = {}): Moment {
  return {
    n,
    at: n * 1000,
    seconds: 1,
    requests: new Map(),
    ticketed: 0,
    atEdge: undefined,
    refused: new Map(),
    sentBytes: 0,
    latency: { ticketed: [0, 0, 0], newcomer: [0, 0, 0] },
    limit: 0,
    waiting: 0,
    held: 0,
    alarms: new Map(),
    badTickets: 0,
    open: 0,
    accepted: 0,
    sources: 0,
    ...part,
  };
}

export function recorded(moments: readonly Moment[], part: Partial<Recorded> = {}): Recorded {
  const latencyBounds = [0.001, 0.01];
  return { started: 1, latencyBounds, sources: 0, networks: new Map(), moments, ...part };
}
