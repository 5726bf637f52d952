import type { Brand } from "./brand.ts";
import type { JsonInput } from "./canonical-json.ts";
import { Fields, malformed } from "./fields.ts";
import type { Json } from "./json.ts";
import type { TargetPath } from "./names.ts";
import { isBase64Url, type SealedRoute, sealedLimits } from "./sealed-route.ts";

/** A route's id in the signed list: `origin-1`, `mirror-eu`. */
export type RouteId = Brand<string, "RouteId">;

export const routeKinds = ["origin", "mirror", "bucket", "neighbour", "bundle"] as const;
export type RouteKind = (typeof routeKinds)[number];

export const routeStates = [
  "active", // use it
  "draining", // use it only when nothing else is left
  "retired", // never use it again
] as const;
export type RouteState = (typeof routeStates)[number];

/** What the signed list says of one route. */
export interface RouteEntry {
  readonly id: RouteId;
  /**
   * Where it is reached, the best first: one to four, all of them the same server's. Absolute, each
   * ends with `/`, without credentials, query or fragment.
   */
  readonly urls: readonly [string, ...string[]];
  readonly kind: RouteKind;
  /** Where it stands, as `eu-west`; what clients there prefer. */
  readonly region?: string;
  /** 1 is tried first. */
  readonly priority: number;
  /** Its share among routes of the same priority. */
  readonly weight: number;
  /** Bytes per second that it can send, where the vendor knows. Clients go by the weight. */
  readonly capacity?: number;
  readonly state: RouteState;
}

/** The signed list of routes: the target `routes.json`, which only the role `routes` signs. */
export interface RouteList {
  /** Grows with every change. */
  readonly version: number;
  /** The window over which each client spreads its looks for something new. */
  readonly pollSeconds?: number;
  readonly routes: readonly RouteEntry[];
  /** Reserves, which only those can read who have the key of their shard; not empty. */
  readonly sealed?: readonly SealedRoute[];
}

export const routeListPath = "routes.json" as TargetPath;
/** A list of 10,000 routes with the longest URLs stays below it. */
export const routeListBytesMax = 16 * 1024 * 1024;

const routesMax = 10_000;
const urlLengthMax = 1024;
export const routeUrlsMax = 4;
/** Bound of a route's capacity, in bytes per second. */
export const routeCapacityMax = 1e15;
/** Bound of a route's priority and weight. */
export const routeNumberMax = 1_000_000;

/** Bounds of `pollSeconds`: a million clients in a minute are enough, and a week is too late. */
export const pollSeconds = { min: 60, max: 7 * 24 * 3_600 } as const;

export function isRouteId(text: string): text is RouteId {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(text);
}

export function isRouteKind(text: string): text is RouteKind {
  return routeKinds.some((kind) => kind === text);
}

export function isRegion(text: string): text is string {
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(text);
}

/**
 * The one way in which a route's URL is written: http, https or file, ending with `/`.
 * @returns undefined when it cannot be a route's URL
 */
export function normalRouteUrl(text: string): string | undefined {
  if (text.length > urlLengthMax || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!["http:", "https:", "file:"].includes(url.protocol)) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  if (/[?#]/.test(url.href)) return undefined;
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url.href.length > urlLengthMax ? undefined : url.href;
}

function isRouteUrl(text: string): boolean {
  return normalRouteUrl(text) === text;
}

export function encodeRouteList(list: RouteList): JsonInput {
  const routes = list.routes.map((route) => ({ ...route, urls: [...route.urls] }));
  const { version, pollSeconds: poll, sealed } = list;
  return {
    _type: "causeway-routes",
    version,
    ...(poll !== undefined && { pollSeconds: poll }),
    routes,
    ...(sealed !== undefined && { sealed: sealed.map((route) => ({ ...route })) }),
  };
}

function urlsOf(entry: Fields): RouteEntry["urls"] {
  const [first, ...others] = entry.strings("urls", routeUrlsMax);
  const urls = [first ?? "", ...others] as const;
  if (!urls.every(isRouteUrl) || new Set(urls).size < urls.length) {
    throw malformed(routeListPath, 'has a route whose "urls" have a wrong form');
  }
  return urls;
}

/**
 * Reads a route list. Routes in a state that this version does not know are left out, so that a
 * newer publisher cannot take the rest of the list from older clients.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeRouteList(value: Json): RouteList {
  const subject = routeListPath;
  const fields = new Fields(value, subject);
  if (fields.string("_type") !== "causeway-routes") throw malformed(subject, "is no route list");
  const seen = new Set<string>();
  const routes: RouteEntry[] = [];
  for (const entry of fields.objects("routes", routesMax)) {
    const route = routeIn(entry);
    if (route === undefined) continue;
    if (seen.has(route.id)) throw malformed(subject, `has the route ${route.id} twice`);
    seen.add(route.id);
    routes.push(route);
  }
  const sealed = fields.has("sealed") ? sealedIn(fields) : [];
  return {
    version: fields.integer("version", 1),
    ...(fields.has("pollSeconds") && {
      pollSeconds: fields.integer("pollSeconds", pollSeconds.min, pollSeconds.max),
    }),
    routes,
    ...(sealed.length > 0 && { sealed }),
  };
}

/** @returns undefined in a state that this version does not know */
function routeIn(entry: Fields): RouteEntry | undefined {
  const text = entry.string("state", 64);
  const state = routeStates.find((known) => known === text);
  if (state === undefined) return undefined;
  return {
    id: entry.matching("id", isRouteId),
    urls: urlsOf(entry),
    kind: entry.matching("kind", isRouteKind),
    ...(entry.has("region") && { region: entry.matching("region", isRegion) }),
    priority: entry.integer("priority", 1, routeNumberMax),
    weight: entry.integer("weight", 1, routeNumberMax),
    ...(entry.has("capacity") && { capacity: entry.integer("capacity", 1, routeCapacityMax) }),
    state,
  };
}

function sealedIn(fields: Fields): readonly SealedRoute[] {
  const { boxesMax, shardMax, boxLengthMax } = sealedLimits;
  return fields.objects("sealed", boxesMax).map((entry) => {
    const box = entry.string("box", boxLengthMax);
    if (!isBase64Url(box)) throw malformed(routeListPath, 'has a "box" of a wrong form');
    return { shard: entry.integer("shard", 1, shardMax), box };
  });
}

/**
 * Reads what a sealed route's box holds.
 * @throws {TrustError} `TRUST_MALFORMED`
 * @returns undefined in a state that this version does not know
 */
export function decodeRouteEntry(value: Json): RouteEntry | undefined {
  return routeIn(new Fields(value, "a sealed route"));
}
