import {
  type KnownRoute,
  type KnownRoutes,
  knownRoutes,
} from "@causeway/client/internal/known-routes";
import { formatBytes, formatCount } from "../format.ts";
import { printable } from "../terminal.ts";
import type { Context } from "../verb.ts";
import { withState } from "./with-state.ts";

const shownMax = 100; // more are for programs, which say --json

/** Tells what a customer's machine knows of routes. */
export async function tellKnown(folder: string, context: Context): Promise<void> {
  const known = await withState(folder, context, ({ store, now, placeOf }) => {
    return knownRoutes(store, now, placeOf);
  });
  context.terminal.result({ state: folder, ...known }, told(known));
}

function told({ routes, list, retired }: KnownRoutes): string {
  const what =
    list === null ? "no list of the vendor is known" : `the vendor's list ${list} is known`;
  const gone = formatCount(retired.urls, "route is", "routes are");
  const head = `${what}; ${gone} retired for good`;
  const more = routes.length - shownMax;
  const lines = [head, ...routes.slice(0, shownMax).map(lineOf)];
  if (routes.length === 0)
    lines.push("no route is known; name one with routes add URL --state STATE");
  if (more > 0) lines.push(`and ${more} more; --json prints all`);
  return printable(lines.join("\n"));
}

function lineOf({ url, given, announced, listed, unused, found }: KnownRoute): string {
  const from = [
    ...(given ? ["given"] : []),
    ...(announced === null ? [] : [`announced until ${announced}`]),
    ...(listed === null ? [] : [`listed as ${listed.id}, ${listed.state}`]),
  ];
  const origin = from.length === 0 ? "named once" : from.join(", ");
  return [`  ${url}  ${origin}`, unusedText(unused, url), foundText(found)]
    .filter(Boolean)
    .join("; ");
}

/** Nothing of one that is asked. */
export function unusedText(unused: KnownRoute["unused"], url: string): string {
  if (unused === "retired") return "retired for good, not asked";
  if (unused === "near" && url.startsWith("file:")) return "a file, not asked unless given by hand";
  return unused === "near" ? "in a network of its own, not asked without a --route there" : "";
}

function foundText(found: KnownRoute["found"]): string {
  if (found === null) return "not asked yet";
  const { failures, restsUntil, bytesPerSecond, latencyMs, triedAt } = found;
  return [
    `last asked ${triedAt}`,
    ...(latencyMs === null ? [] : [`answered in ${latencyMs} ms`]),
    ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(failures === 0 ? [] : [`of no use in ${formatCount(failures, "run", "runs")}`]),
    ...(restsUntil === null ? [] : [`rests until ${restsUntil}`]),
  ].join(", ");
}
