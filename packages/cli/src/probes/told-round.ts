import {
  conclude,
  daysLeft,
  endsSoon,
  type ProbedRoute,
  type ProbedUrl,
  type Round,
} from "@causeway/control";
import { toUtcSecond } from "@causeway/kernel";
import { formatBytes, formatCount, formatSpan } from "../format.ts";
import { columns } from "../table.ts";
import { printable } from "../terminal.ts";

/** A round as JSON. */
export function jsonOfRound(round: Round): object {
  const { at, routes, ...others } = round;
  return {
    at: toUtcSecond(at),
    conclusion: conclude(round),
    ...others,
    routes: routes.map(({ urls, ...route }) => ({ ...route, urls: urls.map(jsonOf) })),
  };

  function jsonOf({ expires, certificateUntil, retryAfterMs, ...url }: ProbedUrl): object {
    return {
      ...url,
      retryAfterSeconds: retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1000),
      expires: expires === null ? null : toUtcSecond(expires),
      certificateUntil: certificateUntil === null ? null : toUtcSecond(certificateUntil),
      certificateDays: certificateUntil === null ? null : daysLeft(certificateUntil, at),
    };
  }
}

const head = [
  "route",
  "state",
  "found",
  "name",
  "connect",
  "tls",
  "first byte",
  "speed",
  "has",
  "certificate",
];

/** A round as a table, and below it what is wrong. */
export function textOfRound(name: string, round: Round): string {
  const { routes, newest } = round;
  const what = `${name}: ${formatCount(routes.length, "route", "routes")} probed`;
  const first = newest === null ? what : `${what}; the newest state is ${newest}`;
  const rows = routes.flatMap((route) => route.urls.map((url, at) => rowOf(route, url, at, round)));
  const table = rows.length === 0 ? [] : columns([head, ...rows]);
  return printable([first, ...table, ...findings(round)].join("\n"));
}

/** What is not as it was a round before, one line each. */
export function changedLines(before: Round, now: Round): readonly string[] {
  const old = new Set(findings(before).map(withoutNumbers));
  const fresh = new Set(findings(now).map(withoutNumbers));
  const gone = findings(before).filter((line) => !fresh.has(withoutNumbers(line)));
  const come = findings(now).filter((line) => !old.has(withoutNumbers(line)));
  const lines = [...gone.map((line) => `no longer: ${line}`), ...come];
  return lines.map((line) => printable(`${toUtcSecond(now.at)} ${line}`));
}

/** Seconds that are left, and versions that are out, are no news. */
function withoutNumbers(line: string): string {
  return line.replace(/\d+/g, "0");
}

function rowOf({ id, state }: ProbedRoute, url: ProbedUrl, at: number, round: Round): string[] {
  const { certificateUntil: until, bytesPerSecond, timestamp } = url;
  const isFirst = at === 0;
  return [
    isFirst ? id : `  ${url.url}`,
    isFirst ? state : "",
    url.verdict,
    shownMs(url.nameMs),
    shownMs(url.connectMs),
    shownMs(url.tlsMs),
    shownMs(url.firstByteMs),
    bytesPerSecond === null ? "-" : `${formatBytes(bytesPerSecond)}/s`,
    timestamp === null ? "-" : String(timestamp),
    until === null ? "-" : `${daysLeft(until, round.at)} days`,
  ];
}

function shownMs(ms: number | null): string {
  if (ms === null) return "-";
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** What is wrong, one line each. */
function findings({ routes, patch, retired, ownFault, at }: Round): readonly string[] {
  const lines: string[] = [];
  if (ownFault !== null) lines.push(`the vendor's own copy of the repository: ${ownFault}`);
  if (patch === null) lines.push("no patch is known of which bytes could be asked for");
  for (const { id, urls } of routes) {
    for (const [number, url] of urls.entries()) {
      const subject = number === 0 ? id : `${id}, ${url.url}`;
      if (url.why !== null) lines.push(`${subject} is ${url.verdict}: ${url.why}`);
      const { certificateUntil: until } = url;
      if (until !== null && endsSoon(url, at))
        lines.push(`${subject}: ${certificateLine(until, at)}`);
    }
  }
  for (const { id, name, addresses, why } of retired) {
    const subject = `${name}, of the retired route ${id},`;
    if (addresses.length > 0) lines.push(`${subject} still leads to ${addresses.join(", ")}`);
    if (why !== null) lines.push(`${subject} cannot be looked up: ${why}`);
  }
  return lines;
}

function certificateLine(until: number, now: number): string {
  const span = formatSpan(Math.abs(until - now) / 1000);
  return until < now ? `its certificate ended ${span} ago` : `its certificate ends in ${span}`;
}
