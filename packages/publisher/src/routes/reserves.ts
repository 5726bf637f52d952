import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  type RouteEntry,
  type RouteList,
  type SealedRoute,
  type ShardKey,
  type ShardKeys,
  sealedLimits,
  UsageError,
} from "@causeway/kernel";
import { openSealedRoute, sealRoute } from "@causeway/trust";
import type { KnownRoute } from "../config/config.ts";
import { withShards } from "../keys/shard-keys.ts";

const nonceBytes = 12;

/** What a list says to a vendor who has these keys. What they do not open is left out. */
export function knownRoutes(
  list: Pick<RouteList, "routes" | "sealed"> | undefined,
  keys: ShardKeys,
): readonly KnownRoute[] {
  const open = (list?.routes ?? []).map((entry) => ({ entry }));
  const byShard = new Map(keys.shards.map((key) => [key.shard, key]));
  const sealed = (list?.sealed ?? []).flatMap((route): KnownRoute[] => {
    const entry = openedBy(byShard.get(route.shard), route);
    return entry === undefined ? [] : [{ entry, shard: route.shard }];
  });
  return [...open, ...sealed];
}

/** Boxes for the signed list, and the keys that they were made with. */
export interface Sealed {
  readonly boxes: readonly SealedRoute[];
  /** The same object as before when no shard is new. */
  readonly keys: ShardKeys;
}

/**
 * Seals what is to be sealed. A route that stands in the last list as it is keeps its box, so that
 * the list changes when its routes do.
 * @param waiting boxes of a list that waits for signatures, which are used again as well
 * @throws {UsageError} `KEY_MISSING` when clients may hold another key of such a shard;
 *   `CONFIG_MALFORMED`: too many
 */
export function sealReserves(
  all: readonly KnownRoute[],
  last: readonly SealedRoute[],
  before: ShardKeys,
  waiting: readonly SealedRoute[] = [],
): Sealed {
  const wanted = all.flatMap(({ entry, shard }) => (shard === undefined ? [] : [{ entry, shard }]));
  if (wanted.length > sealedLimits.boxesMax) {
    const what = `${wanted.length} routes are sealed, over ${sealedLimits.boxesMax}`;
    throw new UsageError("CONFIG_MALFORMED", `causeway.yaml: ${what}.`);
  }
  const keys = withShards(
    before,
    wanted.map(({ shard }) => shard),
  );
  const byShard = new Map(keys.shards.map((key) => [key.shard, key]));
  const opening = (box: SealedRoute) => ({ box, entry: openedBy(byShard.get(box.shard), box) });
  const opened = last.map(opening);
  const usable = [...opened, ...waiting.map(opening)];
  const shards = new Set(wanted.map(({ shard }) => shard));
  for (const { box, entry } of opened) {
    if (entry === undefined && shards.has(box.shard)) throw otherKey(box.shard);
  }
  const boxes = wanted.flatMap(({ entry, shard }): SealedRoute[] => {
    const same = usable.find(({ box, entry: was }) => {
      return box.shard === shard && isDeepStrictEqual(was, entry);
    });
    const key = byShard.get(shard);
    if (same !== undefined || key === undefined) return same === undefined ? [] : [same.box];
    const isNew = !opened.some((was) => was.box.shard === shard && was.entry?.id === entry.id);
    if (isNew && key.announced === true) throw hidesNothing(shard);
    return [sealRoute(entry, key, randomBytes(nonceBytes))];
  });
  return { boxes, keys };
}

function openedBy(key: ShardKey | undefined, box: SealedRoute): RouteEntry | undefined {
  return key && openSealedRoute(box, key);
}

function hidesNothing(shard: number): UsageError {
  const what = `an announcement has the key of shard ${shard}, so it hides nothing new`;
  return new UsageError("USAGE_ARGUMENT", `${what}; seal the route under another --shard.`);
}

function otherKey(shard: number): UsageError {
  const what = `the public list is sealed with a key of shard ${shard} that is not in keys/shards.json`;
  const remedy = "put that file here from where it was published; if it is lost, seal the routes";
  return new UsageError(
    "KEY_MISSING",
    `${what}; ${remedy} anew: causeway routes seal ID --shard N.`,
  );
}
