import { isDeepStrictEqual } from "node:util";
import { isRegion, isRouteId, type RouteEntry, sealedLimits, UsageError } from "@causeway/kernel";
import type { Config, ConfiguredRoute } from "../config/config.ts";
import { listedUrl } from "../config/route-url.ts";

/** What an operator says of a route besides its URLs; what is left out stays as it is. */
export type RouteDetails = Partial<
  Pick<RouteEntry, "kind" | "region" | "priority" | "weight" | "capacity">
>;

/** The number of a shard; `next` for one that no route has yet. */
export type ShardChoice = number | "next";

/** One change of the list of routes. */
export type RouteEdit =
  | {
      readonly kind: "add";
      readonly id: string;
      readonly urls: readonly string[];
      readonly details?: RouteDetails;
      /** The URLs may lead into a private network; of one that is there, as it is when left out. */
      readonly isPrivate?: boolean;
      /** It stands sealed in the list; of one that is there, as it is when left out. */
      readonly shard?: ShardChoice;
      /** Clients are given the key of its shard with their tickets, for good. */
      readonly isGiven?: boolean;
    }
  | {
      readonly kind: "seal";
      readonly id: string;
      readonly shard?: ShardChoice;
      readonly isGiven?: boolean;
    }
  /** Everybody may read of it from now on: a sealed route by its id, or all of a shard. */
  | { readonly kind: "open"; readonly what: string }
  | { readonly kind: "drain" | "restore"; readonly id: string }
  | {
      readonly kind: "retire";
      readonly id: string;
      /** Also the last active one. */
      readonly isForced?: boolean;
    };

/** What to write into a route of causeway.yaml. */
export interface RoutePatch {
  /** Where it stands among the routes; undefined for a new one. */
  readonly at: number | undefined;
  /** Values by their keys; undefined takes a key out. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * What an edit asks to write. Nothing, when all is so already.
 * @param shards all numbers that stand for a shard already
 * @throws {UsageError} `USAGE_ARGUMENT`: no such route, a wrong value, or one that is retired
 */
export function patchesFor(
  edit: RouteEdit,
  { allRoutes }: Pick<Config, "allRoutes">,
  shards: ReadonlySet<number>,
): readonly RoutePatch[] {
  if (edit.kind === "open") return openings(edit.what, allRoutes);
  return [patchFor(edit, allRoutes, shards)];
}

function patchFor(
  edit: Exclude<RouteEdit, { readonly kind: "open" }>,
  all: readonly ConfiguredRoute[],
  shards: ReadonlySet<number>,
): RoutePatch {
  const at = all.findIndex(({ entry }) => entry.id === edit.id);
  const known = all[at];
  if (edit.kind === "add") {
    const values = addition(edit, known, shards);
    return { at: known === undefined ? undefined : at, values };
  }
  if (known === undefined) throw noRoute(edit.id, all);
  const { entry: current, shard } = known;
  const isRetired = current.state === "retired";
  if (isRetired && edit.kind !== "retire") throw retiredForGood(current);
  const isLast = all.every(({ entry, shard: sealed }) => {
    return entry === current || sealed !== undefined || !isOfUse(entry);
  });
  if (edit.kind === "seal") {
    if (isLast && shard === undefined) {
      throw wrong(
        `everybody would be left without a route; add another before you seal ${edit.id}`,
      );
    }
    return { at, values: sealing(edit.shard ?? "next", shard, shards) };
  }
  const state = { drain: "draining", restore: "active", retire: "retired" }[edit.kind];
  if (state === current.state) return { at, values: {} };
  if (edit.kind === "retire" && isLast && shard === undefined && edit.isForced !== true) {
    const what = `no active route is left without ${current.id}, and what is retired never comes back`;
    throw wrong(`${what}; add another first, or say --force`);
  }
  return { at, values: { state: state === "active" ? undefined : state } };
}

/** Clients ask no file that they have only heard of. */
function isOfUse({ state, urls }: RouteEntry): boolean {
  return state === "active" && urls.some((url) => !url.startsWith("file:"));
}

function openings(what: string, all: readonly ConfiguredRoute[]): readonly RoutePatch[] {
  const byId = all.filter(({ entry, shard }) => entry.id === what && shard !== undefined);
  const byShard = all.filter(({ entry, shard }) => {
    return String(shard) === what && entry.state !== "retired";
  });
  if (byId.length > 0 && byShard.some((route) => !byId.includes(route))) {
    throw wrong(`${what} is a shard, and the id of a sealed route; give that route another id`);
  }
  const opened = byShard.length > 0 ? byShard : byId;
  const retired = opened.find(({ entry }) => entry.state === "retired");
  if (retired !== undefined) throw retiredForGood(retired.entry);
  const isOpen = all.some(({ entry, shard }) => entry.id === what && shard === undefined);
  if (opened.length === 0 && !isOpen) throw noRoute(what, all);
  return opened.map((route) => ({ at: all.indexOf(route), values: { sealed: undefined } }));
}

function sealing(
  choice: ShardChoice | undefined,
  before: number | undefined,
  taken: ReadonlySet<number>,
): RoutePatch["values"] {
  if (choice === undefined || choice === before) return {};
  if (choice === "next" && before !== undefined) return {};
  const { shardMax } = sealedLimits;
  const all = Array.from({ length: shardMax }, (_, at) => at + 1);
  const shard = choice === "next" ? all.find((number) => !taken.has(number)) : choice;
  if (shard !== undefined && all.includes(shard)) return { sealed: shard };
  throw wrong(`a shard has a number from 1 to ${shardMax}, and is named by --shard`);
}

type Addition = Extract<RouteEdit, { readonly kind: "add" }>;

function addition(
  { id, urls: given, details = {}, isPrivate = false, shard }: Addition,
  before: ConfiguredRoute | undefined,
  shards: ReadonlySet<number>,
): RoutePatch["values"] {
  const { entry: current, isPrivate: wasPrivate = false } = before ?? {};
  if (current?.state === "retired") throw retiredForGood(current);
  if (!isRouteId(id)) {
    throw wrong(
      `${JSON.stringify(id)} is no id of a route; use up to 64 of a-z 0-9 -, as origin-1`,
    );
  }
  if (details.region !== undefined && !isRegion(details.region)) {
    const what = `${JSON.stringify(details.region)} is no region`;
    throw wrong(`${what}; use up to 32 of a-z 0-9 -, as eu-west`);
  }
  const checked = given.map((url) => routeUrl(url, isPrivate || wasPrivate));
  const urls = [...new Set(checked)];
  const known: Readonly<Record<string, unknown>> = { ...current };
  const changed = Object.entries(details).filter(([key, value]) => value !== known[key]);
  return {
    ...(current === undefined && { id }),
    ...(!isDeepStrictEqual(urls, current?.urls) && { url: urls.length === 1 ? urls[0] : urls }),
    ...Object.fromEntries(changed),
    ...(isPrivate && !wasPrivate && { private: true }),
    ...sealing(shard, before?.shard, shards),
  };
}

function routeUrl(text: string, isPrivate: boolean): string {
  const checked = listedUrl(text, isPrivate);
  if (checked.url === undefined) throw wrong(checked.wrong);
  return checked.url;
}

function noRoute(id: string, all: readonly ConfiguredRoute[]): UsageError {
  const known = all.map(({ entry }) => entry.id).join(", ") || "none";
  return wrong(`causeway.yaml has no route ${JSON.stringify(id)}; it has: ${shortened(known)}`);
}

function retiredForGood({ id }: RouteEntry): UsageError {
  const what = `the route ${id} is retired for good: clients that have read so never come back to it`;
  return wrong(`${what}; add another name under another id`);
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function wrong(what: string): UsageError {
  return new UsageError("USAGE_ARGUMENT", `${what}.`);
}
