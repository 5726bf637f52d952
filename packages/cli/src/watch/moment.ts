/** What an origin did in one second, as far as a watcher shows it. */
export interface Moment {
  /** As in `/seconds`: docs/metrics.md. */
  readonly n: number;
  /** When it ended by the origin's clock, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly seconds: number;
  /** Requests by class, and how many of all showed a good ticket. */
  readonly requests: ReadonlyMap<string, number>;
  readonly ticketed: number;
  /** Requests that came to the HAProxy in front of the origin; undefined where it started none. */
  readonly atEdge: number | undefined;
  /** Requests that were not served for lack of room, or since the policy says so, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  readonly sentBytes: number;
  readonly latency: { readonly ticketed: readonly number[]; readonly newcomer: readonly number[] };
  readonly limit: number;
  readonly waiting: number;
  readonly held: number;
  readonly badTickets: number;
  /** By rule: windows in which it turned away too many machines with good tickets. */
  readonly alarms: ReadonlyMap<string, number>;
  readonly open: number;
  readonly accepted: number;
  readonly sources: number;
}

/** What `/seconds` tells, as far as a watcher shows it. */
export interface Recorded {
  /** Which run of the origin it is. */
  readonly started: number;
  readonly latencyBounds: readonly number[];
  readonly sources: number;
  /** Requests in the last minute, by network. */
  readonly networks: ReadonlyMap<string, number>;
  readonly moments: readonly Moment[];
}
