import {
  canonicalJson,
  Fields,
  hostNameOf,
  parseJson,
  type RouteList,
  type Store,
} from "@causeway/kernel";
import { unlessRefused } from "../../metadata/trust-state.ts";
import { orNothing } from "../../or-nothing.ts";

const kind = "causeway-retired-routes";
const retiredLengthMax = 16 * 1024 * 1024; // as much as a whole list
const entriesMax = 20_000; // two lists of the longest kind; then the oldest are forgotten
const textLengthMax = 2_048;
const keysMax = 256;

/** What the vendor has retired for good. */
export interface Retired {
  /** Ids of the keys whose word it is, sorted. */
  readonly keys: readonly string[];
  /** URLs of routes, as `plainUrl` writes them. */
  readonly urls: ReadonlySet<string>;
  /** Names at which nothing else stood when they were retired; never addresses. */
  readonly hosts: ReadonlySet<string>;
}

export const nothingRetired: Retired = { keys: [], urls: new Set(), hosts: new Set() };

/**
 * What is retired once a list is verified: all that it retires, and what was retired before, but
 * for the word of other keys. Who had stolen those may have retired everything.
 */
export function retiredAfter(
  before: Retired,
  list: RouteList,
  signers: readonly string[],
): Retired {
  const keys = signers.toSorted();
  const known = keys.join() === before.keys.join() ? before : nothingRetired;
  const gone = list.routes.filter(({ state }) => state === "retired").flatMap(({ urls }) => urls);
  const live = list.routes.filter(({ state }) => state !== "retired").flatMap(({ urls }) => urls);
  const liveHosts = new Set(live.map((url) => hostNameOf(new URL(url))));
  const hosts = gone.flatMap((url) => {
    const name = hostNameOf(new URL(url));
    return name === undefined || liveHosts.has(name) ? [] : [name];
  });
  return {
    keys,
    urls: newest([...gone.map((url) => plainUrl(new URL(url))), ...known.urls]),
    hosts: newest([...hosts, ...known.hosts]),
  };
}

/** True of a route's URL that is never asked again, however it became known. */
export function isRetired({ urls, hosts }: Retired, base: URL): boolean {
  const name = hostNameOf(base);
  return urls.has(plainUrl(base)) || (name !== undefined && hosts.has(name));
}

export function sameRetired(one: Retired, other: Retired): boolean {
  const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
    return a.size === b.size && [...a].every((text) => b.has(text));
  };
  if (one.keys.join() !== other.keys.join()) return false;
  return isSame(one.urls, other.urls) && isSame(one.hosts, other.hosts);
}

export function encodeRetired({ keys, urls, hosts }: Retired): Uint8Array {
  return canonicalJson({ _type: kind, keys: [...keys], urls: [...urls], hosts: [...hosts] });
}

/**
 * Reads what `encodeRetired` wrote.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeRetired(bytes: Uint8Array): Retired | undefined {
  const fields = new Fields(parseJson(bytes, kind), kind);
  if (fields.string("_type") !== kind) return undefined;
  return {
    keys: fields.strings("keys", keysMax),
    urls: new Set(textsOf(fields, "urls")),
    hosts: new Set(textsOf(fields, "hosts")),
  };
}

function textsOf(fields: Fields, name: string): readonly string[] {
  return fields.strings(name, entriesMax).filter((text) => text.length <= textLengthMax);
}

const file = "retired-routes.json";

/** What earlier runs know as retired; damaged or lost, it is what the next list says. */
export async function readRetired(store: Store): Promise<Retired> {
  const bytes = await orNothing(store.read(file, retiredLengthMax));
  return (bytes && unlessRefused(() => decodeRetired(bytes))) ?? nothingRetired;
}

export async function keepRetired(store: Store, retired: Retired): Promise<void> {
  await store.write(file, encodeRetired(retired));
}

/** Of a URL what its route is known by: no credentials, no query, no dot behind the name. */
function plainUrl({ protocol, hostname, port, pathname }: URL): string {
  const host = hostname.replace(/\.$/, "");
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}${pathname}`;
}

function newest(texts: readonly string[]): ReadonlySet<string> {
  return new Set([...new Set(texts)].slice(0, entriesMax));
}
