import {
  type Instant,
  type RouteEntry,
  type RouteState,
  type Store,
  type Transport,
  toUtcSecond,
} from "@causeway/kernel";
import { readKnownList } from "../metadata/route-list.ts";
import type { TrustState } from "../metadata/trust-state.ts";
import { Announcements } from "../routes/announced/announcements.ts";
import { readGivenRoutes } from "../routes/given-routes.ts";
import { mayLearn, reachOf } from "../routes/listed/gather.ts";
import { isRetired, type Retired, readRetired, retiredAfter } from "../routes/listed/retired.ts";
import { parseRoutes } from "../routes/parse-route.ts";
import { shown } from "../routes/route.ts";
import { readNotes } from "../routes/route-memory.ts";
import type { RouteNote } from "../routes/route-notes.ts";

/** What a state knows of one route. Times are `YYYY-MM-DDTHH:MM:SSZ`. */
export interface KnownRoute {
  /** Without credentials. */
  readonly url: string;
  /** It is given for all runs. */
  readonly given: boolean;
  /** Until when an announcement brings it; null when none does. */
  readonly announced: string | null;
  /** What the vendor's list says of it. */
  readonly listed:
    | (Pick<RouteEntry, "id" | "priority" | "weight"> & { readonly state: RouteState })
    | null;
  /**
   * Why it is not asked: it was retired for good, or no route that is given for all runs leads to a
   * place as near; null when it is.
   */
  readonly unused: "retired" | "near" | null;
  /** What earlier runs found; null when none has asked it. */
  readonly found: FoundOfRoute | null;
}

export interface FoundOfRoute {
  readonly triedAt: string;
  /** Runs in a row in which it was of no use while another route was. */
  readonly failures: number;
  /** Until then it is asked only when no other route delivers; null when it is asked at once. */
  readonly restsUntil: string | null;
  readonly bytesPerSecond: number | null;
  readonly latencyMs: number | null;
}

export interface KnownRoutes {
  /** Those given, announced, and listed, in this order; then others that earlier runs have asked. */
  readonly routes: readonly KnownRoute[];
  /** The number of the vendor's newest list; null when none is known. */
  readonly list: number | null;
  /** How much is known as retired for good. */
  readonly retired: { readonly urls: number; readonly hosts: number };
}

type Place = NonNullable<Transport["placeOf"]>;

/** All that a state knows of routes. Nobody is asked. */
export async function listKnown(
  store: Store,
  state: TrustState,
  now: Instant,
  placeOf: Place,
): Promise<KnownRoutes> {
  const given = parseRoutes(await readGivenRoutes(store));
  const { live } = await Announcements.open(store, state, now);
  const list = await readKnownList(state);
  const kept = await readRetired(store);
  const retired = list === undefined ? kept : retiredAfter(kept, list, kept.keys);
  const { notes } = await readNotes(store, now);
  const announced = new Map<string, string>();
  for (const { urls, expires } of live.toReversed()) {
    for (const url of urls) announced.set(url, toUtcSecond(expires));
  }
  const listed = new Map(
    (list?.routes ?? []).flatMap((entry) => entry.urls.map((url) => [url, entry])),
  );
  const hand = new Set<string>(given.map(({ id }) => id));
  const reach = reachOf(given, { placeOf });
  const noted = new Map<string, RouteNote>(notes);
  const urls = new Set([...hand, ...announced.keys(), ...listed.keys(), ...noted.keys()]);
  const routes = [...urls].map((url): KnownRoute => {
    const learned = announced.has(url) || listed.has(url);
    const isNear = learned && !hand.has(url) && !mayLearn(url, reach, { placeOf });
    return {
      url: shown(new URL(url)),
      given: hand.has(url),
      announced: announced.get(url) ?? null,
      listed: entryOf(listed.get(url)),
      unused: isGone(retired, url) ? "retired" : isNear ? "near" : null,
      found: foundOf(noted.get(url), now),
    };
  });
  const { urls: gone, hosts } = retired;
  return { routes, list: list?.version ?? null, retired: { urls: gone.size, hosts: hosts.size } };
}

function isGone(retired: Retired, url: string): boolean {
  return isRetired(retired, new URL(url));
}

function entryOf(entry: RouteEntry | undefined): KnownRoute["listed"] {
  if (entry === undefined) return null;
  const { id, state, priority, weight } = entry;
  return { id, state, priority, weight };
}

function foundOf(note: RouteNote | undefined, now: Instant): FoundOfRoute | null {
  if (note === undefined) return null;
  const { triedAt, failures, sleepUntil = 0, rest, bytesPerSecond, latencyMs } = note;
  const until = Math.max(sleepUntil, rest?.until ?? 0);
  return {
    triedAt: toUtcSecond(triedAt),
    failures,
    restsUntil: until > now ? toUtcSecond(until) : null,
    bytesPerSecond: bytesPerSecond ?? null,
    latencyMs: latencyMs ?? null,
  };
}
