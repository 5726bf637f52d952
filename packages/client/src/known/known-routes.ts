import {
  type Announcement,
  type Instant,
  type RepositoryId,
  readAnnouncement,
  type Store,
  type Transport,
  UsageError,
} from "@causeway/kernel";
import { repositoryIdOf } from "@causeway/trust";
import { TrustState, unlessRefused } from "../metadata/trust-state.ts";
import { Announcements } from "../routes/announced/announcements.ts";
import { keepGivenRoute } from "../routes/given-routes.ts";
import { type KnownRoutes, listKnown } from "./list-known.ts";

export type { FoundOfRoute, KnownRoute, KnownRoutes } from "./list-known.ts";

/*
 * What a person tells a state of routes, and asks it. Nobody is asked over the network. Whoever
 * calls holds the state's lock.
 */

/**
 * Takes an announcement, for all runs to come.
 * @param now as the local clock shows it
 * @throws {AnnouncementError} {HostError}
 * @throws {UsageError} `USAGE_TRUST_MISSING` when the state trusts no root yet
 */
export async function takeAnnouncement(
  store: Store,
  text: string,
  now: Instant,
): Promise<Announcement> {
  const [url] = readAnnouncement(text).urls;
  const state = await openState(store, now, { url });
  return (await Announcements.open(store, state, now)).take(text);
}

/**
 * Gives a route for all runs to come, as `--route` does for one.
 * @returns all that are given so, the first one first
 * @throws {UsageError} also when the state trusts no root yet
 * @throws {HostError}
 */
export async function giveRoute(
  store: Store,
  url: string,
  now: Instant,
): Promise<readonly string[]> {
  await openState(store, now);
  return keepGivenRoute(store, url);
}

/**
 * All that the state knows of routes.
 * @param placeOf as `Transport.placeOf`
 * @throws {UsageError} `USAGE_TRUST_MISSING` when the state trusts no root yet
 * @throws {HostError}
 */
export async function knownRoutes(
  store: Store,
  now: Instant,
  placeOf: NonNullable<Transport["placeOf"]>,
): Promise<KnownRoutes> {
  return listKnown(store, await openState(store, now), now, placeOf);
}

/**
 * Whose repository the state is of.
 * @param trust the vendor's root.json; needed until the state trusts one
 * @returns undefined when that began with a later root than the vendor's first, which alone tells
 * @throws {UsageError} `USAGE_TRUST_MISSING`, or `USAGE_ARGUMENT` when `trust` is no root
 * @throws {HostError}
 */
export async function knownRepository(
  store: Store,
  now: Instant,
  trust?: Uint8Array,
): Promise<RepositoryId | undefined> {
  const [first] = (await openState(store, now, { trust })).roots.values();
  return first && unlessRefused(() => repositoryIdOf(first));
}

interface OpenOptions {
  readonly trust?: Uint8Array | undefined;
  /** A route that may be told of, though nobody vouches for it: what is there proves itself. */
  readonly url?: string | undefined;
}

async function openState(
  store: Store,
  now: Instant,
  { trust, url = "URL" }: OpenOptions = {},
): Promise<TrustState> {
  try {
    return await TrustState.open(store, trust, now);
  } catch (cause) {
    if (!(cause instanceof UsageError) || trust !== undefined) throw cause;
    const begin = `begin with causeway get PRODUCT --trust ROOT.json --route ${url}`;
    const text = `this state trusts no vendor yet; ${begin}.`;
    throw new UsageError("USAGE_TRUST_MISSING", text, { cause });
  }
}
