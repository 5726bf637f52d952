import type { Place, RouteEntry, RouteList, Transport } from "@causeway/kernel";
import { routesMax } from "../../limits.ts";
import { Route, type RouteUrl } from "../route.ts";
import { type Chooser, inOrder } from "./order.ts";
import { Standing } from "./standing.ts";

/** What decides which listed routes a run has. */
export interface Choice extends Chooser {
  readonly placeOf?: Transport["placeOf"];
  /** Of a route's URL that is never asked again. */
  readonly isRetired?: (base: URL) => boolean;
  /** URLs that announcements bring, the newest first. */
  readonly announced?: readonly string[];
  /** Whose turn it is to be asked although others are preferred; grows from run to run. */
  readonly turn: number;
}

/** The routes of a run. */
export interface Gathered {
  /** In the order in which they are preferred. */
  readonly routes: readonly Route[];
  /** Those that the list alone names, beginning with the one whose turn it is. */
  readonly turns: readonly Route[];
}

export const listedLimits = {
  preferredMax: 8, // always among the routes of a run, however long the list is
  atOnce: 2, // asked from the beginning, given and listed ones; one more takes its turn
} as const;

const places = ["public", "private", "loopback"] as const; // the nearest last

/**
 * The routes of a run: those given by hand that nobody else names, then those of announcements, then
 * the list's in its order, where a given one takes the list's place. Of a long list the most preferred ones, and as
 * many others as there is room for, which change from run to run.
 * @param known the run's so far: they stay the same
 */
export function gatherRoutes(
  given: readonly Route[],
  known: readonly Route[],
  list: RouteList,
  choice: Choice,
): Gathered {
  const byUrl = new Map(given.map((route) => [route.id, route]));
  const before = new Map(known.map((route) => [route.id, route]));
  const reach = reachOf(given, choice);
  const add = (url: RouteUrl): void => {
    byUrl.set(url, before.get(url) ?? new Route(new URL(url), new Standing(reach)));
  };
  const announced = (choice.announced ?? []).map((text) => text as RouteUrl);
  for (const url of announced) {
    const isFree = !byUrl.has(url) && byUrl.size < routesMax;
    if (isFree && mayLearn(url, reach, choice)) add(url);
  }
  const first = new Set(announced.flatMap((url) => byUrl.get(url) ?? []));
  const listed = uniqueUrls(inOrder(list.routes, choice)).filter(({ url }) => {
    return byUrl.has(url) || mayLearn(url, reach, choice);
  });
  const free = listed.filter(({ url }) => !byUrl.has(url));
  const turns = rotated(free, choice.turn);
  const wanted = new Set([...free.slice(0, listedLimits.preferredMax), ...turns]);
  for (const { url } of [...wanted].slice(0, routesMax - byUrl.size)) add(url);
  const routes: Route[] = [];
  for (const { url, entry } of listed) {
    const route = byUrl.get(url);
    if (route === undefined) continue;
    route.standing.draining = entry.state === "draining";
    route.standing.spare = url !== entry.urls[0] && !first.has(route);
    if (!first.has(route)) routes.push(route);
  }
  const isNamed = new Set([...first, ...routes]);
  const end = turns.findIndex(({ url }) => !byUrl.has(url));
  return {
    routes: [...given.filter((route) => !isNamed.has(route)), ...first, ...routes],
    turns: turns.slice(0, end < 0 ? turns.length : end).flatMap(({ url }) => byUrl.get(url) ?? []),
  };
}

/**
 * Puts into reserve whatever a run need not ask from the beginning: a few are enough to hear of
 * something new, and one that takes its turn finds the honest one among many that are frozen.
 */
export function reserveMost({ routes, turns }: Gathered, now: number): void {
  const isReady = (route: Route): boolean => {
    const { draining, spare } = route.standing;
    route.standing.reserve = false; // or it would be asleep
    return !draining && !spare && route.trustworthy && !route.isAsleep(now);
  };
  const ready = routes.filter((route) => isReady(route) && !route.standing.isNeighbour);
  const listed = ready.filter(({ standing }) => standing.reach !== undefined);
  const count = Math.max(1, listedLimits.atOnce - ready.length + listed.length);
  const awake = new Set(listed.slice(0, count));
  const turn = turns.find((route) => listed.includes(route) && !awake.has(route));
  if (turn !== undefined) awake.add(turn);
  for (const route of routes) {
    route.standing.reserve = route.standing.reach !== undefined && !awake.has(route);
  }
}

/** How many turns a run took: the next one begins behind those that it asked. */
export function turnsTaken({ turns }: Gathered): number {
  const next = turns.findIndex(({ standing }) => !standing.asked);
  return Math.max(1, next < 0 ? turns.length : next);
}

interface Listed {
  readonly url: RouteUrl;
  readonly entry: RouteEntry;
}

function uniqueUrls(entries: readonly RouteEntry[]): readonly Listed[] {
  const byUrl = new Map<RouteUrl, Listed>();
  for (const entry of entries) {
    if (entry.state === "retired") continue;
    for (const text of entry.urls) {
      const url = text as RouteUrl; // without credentials, and in the one way to write it
      if (!byUrl.has(url)) byUrl.set(url, { url, entry });
    }
  }
  return [...byUrl.values()];
}

/** Learned routes may lead as near as one does that was given by hand. */
export function reachOf(given: readonly Route[], { placeOf }: Pick<Choice, "placeOf">): Place {
  const known = new Set(given.map(({ base }) => placeOf?.(base)));
  return places.findLast((place) => known.has(place)) ?? "public";
}

/** A stolen key must not have clients read their own files, or ask their own network. */
export function mayLearn(
  text: string,
  reach: Place,
  { placeOf, isRetired }: Pick<Choice, "placeOf" | "isRetired">,
): boolean {
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || isRetired?.(url) === true) return false;
  const place = placeOf?.(url) ?? "public";
  return place !== "nowhere" && places.indexOf(place) <= places.indexOf(reach);
}

function rotated<Value>(values: readonly Value[], turn: number): readonly Value[] {
  const first = turn % Math.max(1, values.length);
  return [...values.slice(first), ...values.slice(0, first)];
}
