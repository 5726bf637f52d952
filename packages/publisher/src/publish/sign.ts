import { isDeepStrictEqual } from "node:util";
import {
  canonicalJson,
  encodeRouteList,
  type Instant,
  invariant,
  type JsonInput,
  type RouteList,
  routeListPath,
} from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { sha256Of } from "../disk/digest.ts";
import { binnedRoles, encodeBinned, intoBins } from "../documents/bins.ts";
import type { Encode, SignedDocument } from "../documents/document.ts";
import { encodeSnapshot, encodeTimestamp } from "../documents/online.ts";
import type { TopKeys } from "../documents/root.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { encodeEntries } from "../documents/targets.ts";
import type { RoleName } from "../keys/key-file.ts";
import type { Keyring } from "../keys/keyring.ts";
import type { RoleKeys } from "../keys/tuf-key.ts";
import { bridged } from "./bridge.ts";
import type { OfflineDocuments } from "./offline.ts";
import { isGood, renewed, type Wanted } from "./renew.ts";

/** What was published before; empty for a new repository. */
export interface Before {
  readonly versions: ReadonlyMap<string, number>;
  /** Versions above these of which there are files already. */
  readonly written: ReadonlyMap<string, number>;
  readonly delegated: ReadonlyMap<string, SignedDocument>;
  readonly snapshot: SignedDocument | undefined;
  readonly timestamp: SignedDocument | undefined;
}

export const nothingBefore: Before = {
  versions: new Map(),
  written: new Map(),
  delegated: new Map(),
  snapshot: undefined,
  timestamp: undefined,
};

export interface SignContext {
  readonly expiryMs: Readonly<Record<RoleName, number>>;
  readonly keyring: Keyring;
  readonly now: Instant;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Brings the binned roles and the bins to what they shall say, beside routes as they are given. Only
 * what changed, or is about to expire, gets a new version; a key is unlocked only when something is
 * to be signed with it.
 */
export async function signDelegated(
  before: Before,
  keys: OfflineDocuments["delegatedKeys"],
  entries: readonly TargetEntry[],
  routes: SignedDocument,
  context: SignContext,
): Promise<ReadonlyMap<string, SignedDocument>> {
  const ofPatches = (name: string, encode: Encode): Wanted => {
    return wantedOf(before, name, keys.patches, context.expiryMs.patches, encode);
  };
  const roles = binnedRoles.map((binned) => {
    return ofPatches(binned.name, (version, expires) => {
      return encodeBinned(version, expires, binned, keys.patches);
    });
  });
  const bins = [...intoBins(entries)].map(([name, bin]) => {
    return ofPatches(name, (version, expires) => encodeEntries(version, expires, bin));
  });
  const wanted = [...roles, ...bins];
  const documents = new Map<string, SignedDocument>();
  for (const [at, want] of wanted.entries()) {
    if (at === roles.length) documents.set("routes", routes); // in the order in which they are written
    documents.set(want.name, await upToDate(want, "patches", context.keyring, context.now));
    context.onProgress(at + 1, wanted.length);
  }
  return documents;
}

/** The document that vouches for the list of routes. */
export function wantedRoutes(
  before: Before,
  keys: RoleKeys,
  lifeMs: number,
  routeList: TargetEntry,
): Wanted {
  return wantedOf(before, "routes", keys, lifeMs, (version, expires) => {
    return encodeEntries(version, expires, [routeList]);
  });
}

/** Signs that document with keys that are all at hand. */
export function signRoutes(
  before: Before,
  keys: RoleKeys,
  routeList: TargetEntry,
  { expiryMs, keyring, now }: SignContext,
): Promise<SignedDocument> {
  const wanted = wantedRoutes(before, keys, expiryMs.routes, routeList);
  return upToDate(wanted, "routes", keyring, now);
}

function wantedOf(
  before: Before,
  name: string,
  keys: RoleKeys,
  lifeMs: number,
  encode: Encode,
): Wanted {
  const takenVersion = before.written.get(name) ?? before.versions.get(name) ?? 0;
  return { name, current: before.delegated.get(name), takenVersion, encode, keys, lifeMs };
}

/**
 * The snapshot and timestamp over the given documents, signed by the keys of `topKeys` and, for
 * readers who do not have that root yet, by those of `lastKeys`.
 */
export async function signOnline(
  before: Before,
  topKeys: TopKeys,
  targets: SignedDocument,
  delegated: ReadonlyMap<string, SignedDocument>,
  context: SignContext,
  lastKeys?: TopKeys,
): Promise<{ readonly snapshot: SignedDocument; readonly timestamp: SignedDocument }> {
  const { expiryMs, keyring, now } = context;
  const versions = new Map([["targets", targets.version]]);
  for (const [role, { version }] of delegated) versions.set(role, version);
  const online = async (
    role: "snapshot" | "timestamp",
    encode: (version: number, expires: Instant) => JsonInput,
  ): Promise<SignedDocument> => {
    const current = before[role];
    const keys: RoleKeys = topKeys[role];
    const wanted = { name: role, current, encode, keys, lifeMs: expiryMs[role] };
    const takenVersion = before.written.get(role) ?? current?.version ?? 0;
    const document = await upToDate({ ...wanted, takenVersion }, role, keyring, now);
    return bridged(document, role, lastKeys, keyring);
  };
  const snapshot = await online("snapshot", (version, expires) => {
    return encodeSnapshot(version, expires, versions);
  });
  const timestamp = await online("timestamp", (version, expires) => {
    return encodeTimestamp(version, expires, expiryMs.timestamp, snapshot);
  });
  return { snapshot, timestamp };
}

async function upToDate(
  wanted: Wanted,
  role: RoleName,
  keyring: Keyring,
  now: Instant,
): Promise<SignedDocument> {
  if (isGood(wanted, now)) {
    invariant(wanted.current !== undefined, "only a document that is there is good");
    return wanted.current;
  }
  return renewed(wanted, await keyring.signers(role, wanted.keys), now);
}

type ListContent = Pick<Config, "routes" | "pollSeconds"> & Pick<RouteList, "sealed">;

/** The route list's file and entry; its version is that of the role when it last changed. */
export function routeListFile(
  { routes, pollSeconds, sealed = [] }: ListContent,
  last: RouteList | undefined,
  roleVersion: number,
): { readonly entry: TargetEntry; readonly bytes: Uint8Array } {
  const list = {
    routes,
    ...(pollSeconds !== undefined && { pollSeconds }),
    ...(sealed.length > 0 && { sealed }),
  };
  const isUnchanged =
    last !== undefined && isDeepStrictEqual({ version: last.version, ...list }, last);
  const version = isUnchanged ? last.version : roleVersion + 1;
  const bytes = canonicalJson(encodeRouteList({ version, ...list }));
  const entry = { path: routeListPath, length: bytes.length, sha256: sha256Of(bytes) };
  return { entry, bytes };
}
