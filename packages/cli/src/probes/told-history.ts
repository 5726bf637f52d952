import type { Summary } from "@causeway/control";
import { toUtcSecond } from "@causeway/kernel";
import { formatBytes } from "../format.ts";
import { columns } from "../table.ts";
import { printable } from "../terminal.ts";

/** A summary as JSON. */
export function jsonOfSummary({ lastFinding: last, ...summary }: Summary): object {
  return { ...summary, lastFinding: last && { ...last, at: toUtcSecond(last.at) } };
}

const head = ["route", "rounds", "ok", "first byte", "p95", "speed", "url"];

/** What was found over some time, as a table, and below it what was last wrong. */
export function textOfSummaries(summaries: readonly Summary[]): string {
  if (summaries.length === 0) return "nothing was probed in that time; causeway routes check does";
  const rows = summaries.map((summary) => {
    const { id, url, rounds, availability, firstByteMs, bytesPerSecond: speed } = summary;
    return [
      id,
      String(rounds),
      availability === null ? "-" : `${(Math.floor(availability * 1000) / 10).toFixed(1)} %`,
      shownMs(firstByteMs.median),
      shownMs(firstByteMs.p95),
      speed === null ? "-" : `${formatBytes(speed)}/s`,
      url,
    ];
  });
  const findings = summaries.flatMap(({ id, lastFinding: last }) => {
    const why = last?.why ? `: ${last.why}` : "";
    return last === null ? [] : [`${id} was ${last.verdict} at ${toUtcSecond(last.at)}${why}`];
  });
  return printable([...columns([head, ...rows]), ...findings].join("\n"));
}

function shownMs(ms: number | null): string {
  return ms === null ? "-" : `${Math.round(ms)} ms`;
}
