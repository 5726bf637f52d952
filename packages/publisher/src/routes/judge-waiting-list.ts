import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  canonicalJson,
  encodeRouteList,
  type Instant,
  type RouteList,
  type SealedRoute,
  TrustError,
  toUtcSecond,
  UsageError,
} from "@causeway/kernel";
import { fileLength } from "../disk/files.ts";
import { isSignedBy } from "../documents/document.ts";
import { readShardKeys } from "../keys/shard-keys.ts";
import type { RoleKeys } from "../keys/tuf-key.ts";
import { lastRouteList } from "../publish/last-route-list.ts";
import { type Published, readPublished } from "../publish/published.ts";
import { verifyTree } from "../publish/verify-tree.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { type ListedRoute, listed, type RouteChange, routeChanges } from "./changes.ts";
import { knownRoutes } from "./reserves.ts";
import { aheadMax, readWaitingFile, type WaitingList } from "./waiting-list.ts";

/** How a list of routes differs from the one that is public. */
export interface ListDifference {
  readonly changes: readonly RouteChange[];
  /** Sealed routes that come or go, and that the keys of shards here do not open. */
  readonly unreadable: readonly { readonly shard: number; readonly routes: number }[];
  /** Seconds between two polls of a client, as it was and as it is; null where none is said. */
  readonly pollSeconds: { readonly before: number | null; readonly after: number | null };
}

/** A list of routes that somebody asks to have signed, held against what is public. */
export interface JudgedList extends WaitingList, ListDifference {
  readonly keys: RoleKeys;
}

/**
 * Judges a list that comes from another machine by what is public as `repository/` here has it: the
 * other machine, or the stick, may not be what it was.
 * @throws {UsageError} `USAGE_ARGUMENT`: no such file, or no `repository/` here
 * @throws {TrustError} it is damaged, stale, another vendor's, expired, or not what was signed; or
 *   what is here is itself no state that a client would take
 */
export async function judgeWaitingList(
  folder: VendorFolder,
  path: string,
  now: Instant,
): Promise<JudgedList> {
  const waiting = await readWaitingFile(path);
  if (waiting === undefined) throw new UsageError("USAGE_ARGUMENT", `there is no file ${path}.`);
  const published = await publicState(folder, now);
  const keys = published.delegatedKeys.routes;
  const last = await lastRouteList(folder, published);
  const current = published.delegated.get("routes");
  if (last === undefined || current === undefined || !isSignedBy(current, keys)) {
    const isOver = current !== undefined && current.expires <= now;
    throw new UsageError("USAGE_ARGUMENT", `${folder.repository} ${isOver ? over : lacking}.`);
  }
  refuseForeign(waiting, keys);
  refuseUnread(waiting);
  refuseStale(waiting, { last, out: current.version, now });
  refuseBackFromRetired(waiting, last);
  const shardKeys = await readShardKeys(folder);
  const readable = (list: Pick<RouteList, "routes" | "sealed">): readonly ListedRoute[] => {
    return knownRoutes(list, shardKeys).map(listed);
  };
  const difference = {
    changes: routeChanges(readable(last), readable(waiting.list)),
    unreadable: unreadable(last, waiting.list, (box) => {
      return readable({ routes: [], sealed: [box] }).length > 0;
    }),
    pollSeconds: {
      before: last.pollSeconds ?? null,
      after: waiting.list.pollSeconds ?? null,
    },
  };
  return { ...waiting, ...difference, keys };
}

const remedy =
  "bring it up to date: causeway mirror --trust ROOT.json --route URL --dir REPOSITORY";

const lacking = `has no list of routes; ${remedy}`;
/** What no client would take no mirror keeps, however new it is. */
const over =
  "lacks the public list of routes, which has expired, so that no mirror holds it; " +
  "bring a copy of the vendor's own repository/";

async function publicState(folder: VendorFolder, now: Instant): Promise<Published> {
  const { repository } = folder;
  if ((await fileLength(join(repository, "metadata", "1.root.json"))) === undefined) {
    const what = `what a list of routes changes is told by what is public, and ${repository} lacks it`;
    throw new UsageError("USAGE_ARGUMENT", `${what}; ${remedy}.`);
  }
  await verifyTree(repository, [], [], now);
  return readPublished(repository);
}

/** Every signature has to count: one that does not is of another vendor, or the content was changed. */
function refuseForeign({ document, path }: WaitingList, keys: RoleKeys): void {
  const name = basename(path);
  if (document.signatures.size === 0) {
    throw new TrustError("TRUST_THRESHOLD", name, "nobody has signed it");
  }
  for (const keyId of document.signatures.keys()) {
    const key = keys.keys.get(keyId);
    if (key === undefined) {
      const what = `it is signed by ${keyId.slice(0, 8)}, which is no key of these routes`;
      throw new TrustError("TRUST_THRESHOLD", name, what);
    }
    if (isSignedBy(document, { keys: new Map([[keyId, key]]), threshold: 1 })) continue;
    const what = `it is not what ${keyId.slice(0, 8)} has signed`;
    throw new TrustError("TRUST_THRESHOLD", name, what);
  }
}

/** What a newer version may have said would be signed unseen. */
function refuseUnread({ list, listBytes, path }: WaitingList): void {
  if (Buffer.compare(canonicalJson(encodeRouteList(list)), listBytes) === 0) return;
  const what = "its list says more than this version of causeway reads";
  throw new TrustError("TRUST_MALFORMED", basename(path), what);
}

interface PublicList {
  readonly last: RouteList;
  readonly out: number;
  readonly now: Instant;
}

function refuseStale({ document, list, path }: WaitingList, known: PublicList): void {
  const { last, out, now } = known;
  const name = basename(path);
  const { version, expires } = document;
  if (expires <= now) {
    throw new TrustError("TRUST_EXPIRED", name, `it was good until ${toUtcSecond(expires)}`);
  }
  if (version <= out) {
    const what = `routes ${version} is not above ${out}, which is public: somebody was quicker`;
    throw new TrustError("TRUST_ROLLBACK", name, `${what}; have it prepared anew`);
  }
  if (version > out + aheadMax) {
    const what = `routes ${version} is too far above ${out}, which is public`;
    throw new TrustError("TRUST_VERSION", name, what);
  }
  // A list has the number after that of the role when it was made, and keeps it while it is the same.
  const isSame = list.version === last.version && isDeepStrictEqual(list, last);
  if (isSame || list.version === out + 1) return;
  const what = `its list ${list.version} does not follow routes ${out}, which is public here`;
  throw new TrustError("TRUST_VERSION", name, `${what}; ${remedy}`);
}

/** Clients would not take it back either; who asks for it wants a signature for something else. */
function refuseBackFromRetired({ list, path }: WaitingList, last: RouteList): void {
  const after = new Map(list.routes.map((route) => [route.id, route]));
  for (const route of last.routes.filter(({ state }) => state === "retired")) {
    if (isDeepStrictEqual(after.get(route.id), route)) continue;
    const what = `${route.id} was retired for good, and is no longer so in it`;
    throw new TrustError("TRUST_ROLLBACK", basename(path), what);
  }
}

function unreadable(
  last: RouteList,
  next: RouteList,
  opens: (box: SealedRoute) => boolean,
): ListDifference["unreadable"] {
  const [before, after] = [last.sealed ?? [], next.sealed ?? []];
  const lacks = (all: readonly SealedRoute[], box: SealedRoute): boolean => {
    return !all.some((other) => isDeepStrictEqual(other, box));
  };
  const moved = [
    ...after.filter((box) => lacks(before, box)),
    ...before.filter((box) => lacks(after, box)),
  ].filter((box) => !opens(box));
  const shards = [...new Set(moved.map(({ shard }) => shard))].toSorted((a, b) => a - b);
  return shards.map((shard) => {
    return { shard, routes: moved.filter((box) => box.shard === shard).length };
  });
}
