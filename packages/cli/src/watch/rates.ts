import { latencyQuantile } from "./latency-quantile.ts";
import type { Moment } from "./moment.ts";
import type { OriginFeed } from "./origin-feed.ts";

const latencyTicks = 10; // a single second of few requests says nothing of one in a hundred

/** What one or more origins do at a moment: per second, or as it stands. */
export interface Rates {
  readonly requests: ReadonlyMap<string, number>;
  /** Share of requests with a good ticket; undefined where there were none. */
  readonly ticketedShare: number | undefined;
  /** Undefined where no HAProxy is in front. */
  readonly atEdge: number | undefined;
  readonly refused: ReadonlyMap<string, number>;
  readonly sentBytes: number;
  readonly badTickets: number;
  readonly accepted: number;
  readonly limit: number;
  readonly waiting: number;
  readonly held: number;
  readonly open: number;
  /** Of several origins it is the most that it can be: one source may ask all of them. */
  readonly sources: number;
}

export interface Latencies {
  /** In seconds, as `latencyQuantile`. */
  readonly ticketed: number | undefined;
  readonly newcomer: number | undefined;
}

/** The sum of what each of several origins did in its second. */
export function ratesOf(moments: readonly Moment[]): Rates {
  const sum = (value: (moment: Moment) => number): number => {
    return moments.reduce((soFar, moment) => soFar + value(moment), 0);
  };
  const rate = (value: (moment: Moment) => number): number => {
    return sum((moment) => value(moment) / moment.seconds);
  };
  const requests = rateByName(moments, (moment) => moment.requests);
  const received = total(requests);
  return {
    requests,
    ticketedShare: received === 0 ? undefined : rate((moment) => moment.ticketed) / received,
    atEdge: moments.some((moment) => moment.atEdge !== undefined)
      ? rate((moment) => moment.atEdge ?? 0)
      : undefined,
    refused: rateByName(moments, (moment) => moment.refused),
    sentBytes: rate((moment) => moment.sentBytes),
    badTickets: rate((moment) => moment.badTickets),
    accepted: rate((moment) => moment.accepted),
    limit: sum((moment) => moment.limit),
    waiting: sum((moment) => moment.waiting),
    held: sum((moment) => moment.held),
    open: sum((moment) => moment.open),
    sources: sum((moment) => moment.sources),
  };
}

/** What 99 of 100 requests did not pass, in so many ticks until `tick`. */
export function latenciesOf(
  feeds: readonly OriginFeed[],
  tick: number,
  ticks: number = latencyTicks,
): Latencies {
  const bounds = feeds.find((feed) => feed.recorded !== undefined)?.recorded?.latencyBounds ?? [];
  const moments = feeds.flatMap((feed) => {
    return Array.from({ length: ticks }, (_, at) => feed.at(tick - at));
  });
  const p99 = (client: keyof Latencies): number | undefined => {
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map((_, at) => {
      return moments.reduce((sum, moment) => sum + (moment?.latency[client][at] ?? 0), 0);
    });
    return latencyQuantile(bounds, buckets, 0.99);
  };
  return { ticketed: p99("ticketed"), newcomer: p99("newcomer") };
}

export function total(rates: ReadonlyMap<string, number>): number {
  return [...rates.values()].reduce((sum, rate) => sum + rate, 0);
}

function rateByName(
  moments: readonly Moment[],
  countsOf: (moment: Moment) => ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const moment of moments) {
    for (const [name, count] of countsOf(moment)) {
      rates.set(name, (rates.get(name) ?? 0) + count / moment.seconds);
    }
  }
  return rates;
}
