import { formatBytes } from "../format.ts";
import {
  formatAmount,
  formatLatency,
  formatRate,
  formatReasons,
  formatShare,
} from "./number-words.ts";
import type { OriginFeed } from "./origin-feed.ts";
import { latenciesOf, ratesOf, total } from "./rates.ts";
import { alarmsLately, networksLately, timeOf, type Watched } from "./watched.ts";

/** One tick for programs. */
export function jsonOf(watched: Watched): object {
  const origins = [...watched.feeds].map(([url, feed]) => {
    const { trouble, recorded } = feed;
    const error = trouble && {
      message: trouble.why,
      retrySeconds: Math.max(0, trouble.again - watched.tick),
    };
    return { url, ok: trouble === undefined && recorded !== undefined, ...(error && { error }) };
  });
  return { at: Math.floor(watched.now / 1000), ...numbersOf(watched), origins };
}

function numbersOf({ feeds: all, tick }: Watched): object {
  const feeds = [...all.values()];
  const rates = ratesOf(feeds.flatMap((feed) => feed.newest(tick) ?? []));
  return {
    atEdgePerSecond: rates.atEdge ?? null,
    requestsPerSecond: Object.fromEntries(rates.requests),
    ticketedShare: rates.ticketedShare ?? null,
    badTicketsPerSecond: rates.badTickets,
    alarms: alarmsLately(feeds, tick),
    refusedPerSecond: Object.fromEntries(rates.refused),
    sentBytesPerSecond: rates.sentBytes,
    p99Seconds: secondsOf(feeds, tick),
    limit: rates.limit,
    waiting: rates.waiting,
    held: rates.held,
    connections: rates.open,
    sources: rates.sources,
    networks: networksLately(feeds).map(([network, requests]) => ({ network, requests })),
  };
}

/** JSON has no infinity: what is beyond the last bound is told as that. */
function secondsOf(feeds: readonly OriginFeed[], tick: number): object {
  const { ticketed, newcomer } = latenciesOf(feeds, tick);
  const most = boundMost(feeds);
  const told = (seconds: number | undefined): number | null => {
    return seconds === undefined ? null : Math.min(seconds, most);
  };
  return { ticketed: told(ticketed), newcomer: told(newcomer) };
}

/** One tick on a line, for a person who reads a log. */
export function lineOf(watched: Watched): string {
  const feeds = [...watched.feeds.values()];
  const rates = ratesOf(feeds.flatMap((feed) => feed.newest(watched.tick) ?? []));
  const { ticketed, newcomer } = latenciesOf(feeds, watched.tick);
  const why = formatReasons(rates.refused);
  const share = rates.ticketedShare;
  const ticketedWords = share === undefined ? "" : ` (${formatShare(share)} with a ticket)`;
  const most = boundMost(feeds);
  const alarms = alarmsLately(feeds, watched.tick).map((rule) => {
    return `ALARM: ${rule} refuses good tickets`;
  });
  return [
    `${timeOf(watched)}: ${formatRate(total(rates.requests))} requests/s${ticketedWords}`,
    `${formatRate(total(rates.refused))} refused/s${why === "" ? "" : ` (${why})`}`,
    `${formatBytes(rates.sentBytes)}/s sent`,
    `p99 ${formatLatency(ticketed, most)} ticketed, ${formatLatency(newcomer, most)} newcomer`,
    `${formatAmount(rates.waiting)} waiting, limit ${formatAmount(rates.limit)}`,
    `${formatAmount(rates.open)} connections`,
    `${formatAmount(rates.sources)} sources`,
    ...alarms,
  ].join("; ");
}

function boundMost(feeds: readonly OriginFeed[]): number {
  return feeds.find((feed) => feed.recorded)?.recorded?.latencyBounds.at(-1) ?? 0;
}
