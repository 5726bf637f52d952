import { formatBytes } from "../format.ts";
import { printable, type Terminal } from "../terminal.ts";
import {
  formatAmount,
  formatLatency,
  formatRate,
  formatReasons,
  formatShare,
} from "./number-words.ts";
import type { OriginFeed } from "./origin-feed.ts";
import { type Latencies, latenciesOf, type Rates, ratesOf, total } from "./rates.ts";
import { sparkline } from "./sparkline.ts";
import { alarmsLately, networksLately, sourcesLately, timeOf, type Watched } from "./watched.ts";

export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
}

const nameWidth = 13;
const valueWidth = 10;
const noteWidth = 28;
const columnsForNotes = 70; // with fewer, what rises and falls is worth more than why
const historyMost = 60; // a minute
const networksShown = 5;
const classes = ["metadata", "patch", "page", "beacon", "other"];

/** Everything at one tick. */
interface Instant {
  readonly rates: Rates;
  readonly p99: Latencies;
}

/** One number, and how it came to be. */
interface NumberRow {
  readonly name: string;
  readonly value: string;
  readonly history: (instant: Instant) => number | undefined;
  readonly note?: string;
  readonly isBad?: boolean;
}

/** The rows of the live view, no more than fit. */
export function viewOf(
  watched: Watched,
  { columns, rows }: ViewSize,
  style: Terminal["style"],
): readonly string[] {
  const feeds = [...watched.feeds.values()];
  const isWide = columns >= columnsForNotes;
  const width = columns - nameWidth - valueWidth - 2 - (isWide ? noteWidth + 2 : 0);
  const history = historyOf(feeds, watched.tick, Math.max(0, Math.min(historyMost, width)));
  const numbers = numberRows(watched, history).map(({ name, value, note, isBad, ...row }) => {
    const line = sparkline(history.map((instant) => instant && row.history(instant)));
    const told = `${name.padEnd(nameWidth)} ${line} ${value.padStart(valueWidth)}`;
    const text = isWide && note !== undefined && note !== "" ? `${told}  ${note}` : told;
    return isBad === true ? style("yellow", text) : text;
  });
  const alarms = alarmsLately(feeds, watched.tick).map((rule) => {
    return style("red", `ALARM: ${rule} refuses good tickets (causeway policy open ${rule})`);
  });
  const head = [style("bold", headOf(watched)), ...alarms, ...numbers];
  const origins = originRows(watched, style);
  return [...head, ...origins, ...networkRows(feeds)].slice(0, rows - 1); // the cursor stands on one
}

function headOf(watched: Watched): string {
  const { feeds } = watched;
  const [only = ""] = feeds.keys();
  const what = feeds.size === 1 ? only : `${feeds.size} origins`;
  return `causeway watch, ${timeOf(watched)}, ${printable(what)}`;
}

/** What is known of each of the last ticks, the newest last. */
function historyOf(
  feeds: readonly OriginFeed[],
  tick: number,
  length: number,
): readonly (Instant | undefined)[] {
  // Their seconds may not have come yet: no gap at the end for that.
  const newest = [tick, tick - 1, tick - 2].find((at) => feeds.some((feed) => feed.at(at)));
  return Array.from({ length }, (_, back) => {
    const at = (newest ?? tick) - (length - 1 - back);
    const moments = feeds.flatMap((feed) => feed.at(at) ?? []);
    if (moments.length === 0) return undefined;
    return { rates: ratesOf(moments), p99: latenciesOf(feeds, at, 1) };
  });
}

function numberRows(
  { feeds: all, tick }: Watched,
  history: readonly (Instant | undefined)[],
): readonly NumberRow[] {
  const feeds = [...all.values()];
  const rates = ratesOf(feeds.flatMap((feed) => feed.newest(tick) ?? []));
  return [
    ...requestRows(rates, history),
    {
      name: "refused/s",
      value: formatRate(total(rates.refused)),
      history: (instant) => total(instant.rates.refused),
      note: formatReasons(rates.refused),
      isBad: total(rates.refused) > 0,
    },
    {
      name: "sent/s",
      value: formatBytes(rates.sentBytes),
      history: (instant) => instant.rates.sentBytes,
    },
    ...latencyRows(feeds, tick),
    {
      name: "waiting",
      value: formatAmount(rates.waiting),
      history: (instant) => instant.rates.waiting,
      note: `limit ${formatAmount(rates.limit)}, held back ${formatAmount(rates.held)}`,
    },
    {
      name: "connections",
      value: formatAmount(rates.open),
      history: (instant) => instant.rates.open,
      note: `${formatRate(rates.accepted)} new/s`,
    },
    {
      name: "sources",
      value: formatAmount(rates.sources),
      history: (instant) => instant.rates.sources,
      note: `${formatAmount(sourcesLately(feeds))} in a minute`,
    },
  ];
}

function requestRows(rates: Rates, history: readonly (Instant | undefined)[]): NumberRow[] {
  const { requests, ticketedShare, badTickets, atEdge } = rates;
  const share = ticketedShare === undefined ? "" : `${formatShare(ticketedShare)} ticketed`;
  const bad = badTickets > 0 ? `, ${formatRate(badTickets)}/s bad` : "";
  const known = [...classes, ...[...requests.keys()].filter((name) => !classes.includes(name))];
  const asked = known.filter((name) => {
    return history.some((instant) => (instant?.rates.requests.get(name) ?? 0) > 0);
  });
  const edge: NumberRow = {
    name: "at HAProxy/s",
    value: formatRate(atEdge ?? 0),
    history: (instant) => instant.rates.atEdge,
  };
  return [
    ...(atEdge === undefined ? [] : [edge]),
    {
      name: "requests/s",
      value: formatRate(total(requests)),
      history: (instant) => total(instant.rates.requests),
      note: share + bad,
    },
    ...asked.map((name) => ({
      name: `  ${name}`,
      value: formatRate(requests.get(name) ?? 0),
      history: (instant: Instant) => instant.rates.requests.get(name) ?? 0,
    })),
  ];
}

function latencyRows(feeds: readonly OriginFeed[], tick: number): readonly NumberRow[] {
  const p99 = latenciesOf(feeds, tick);
  const most = feeds.find((feed) => feed.recorded)?.recorded?.latencyBounds.at(-1) ?? 0;
  return (["ticketed", "newcomer"] as const).map((client) => ({
    name: `p99 ${client}`,
    value: formatLatency(p99[client], most),
    history: (instant) => instant.p99[client],
  }));
}

/** One row for each of several origins, and for one that does not answer; those in trouble first. */
function originRows({ feeds, tick }: Watched, style: Terminal["style"]): readonly string[] {
  const bad: string[] = [];
  const good: string[] = [];
  for (const [url, feed] of feeds) {
    const { trouble } = feed;
    if (trouble !== undefined) {
      const again = Math.max(1, trouble.again - tick);
      bad.push(style("red", printable(`${url} ${trouble.why}; again in ${again} s`)));
    } else if (feeds.size > 1) {
      const { requests, refused, waiting } = ratesOf([feed.newest(tick) ?? []].flat());
      const told = `${formatRate(total(requests))} requests/s, ${formatRate(total(refused))} refused/s`;
      good.push(printable(`${url} ${told}, ${formatAmount(waiting)} waiting`));
    }
  }
  return [...bad, ...good];
}

function networkRows(feeds: readonly OriginFeed[]): readonly string[] {
  const networks = networksLately(feeds).slice(0, networksShown);
  if (networks.length === 0) return [];
  const rows = networks.map(([network, requests]) => {
    return `${formatAmount(requests).padStart(nameWidth)} ${network}`;
  });
  return ["requests in the last minute, at least, from", ...rows];
}
