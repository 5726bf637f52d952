import {
  canonicalJson,
  Fields,
  isShardKey,
  parseJson,
  type RouteEntry,
  type RouteList,
  type ShardKey,
  type Store,
  sealedLimits,
} from "@causeway/kernel";
import { openSealedRoute } from "@causeway/trust";
import { unlessRefused } from "../metadata/trust-state.ts";
import { orNothing } from "../or-nothing.ts";

export const reserveLimits = {
  offeredMax: 4, // by one route; two are usual
  keptMax: 16, // a machine that moves is given two more, if it has lost its tickets
  headerLengthMax: 512,
} as const;

const header = "causeway-reserves";
const file = "reserve-keys.json";
const kind = "causeway-reserve-keys";
const lengthMax = 8 * 1024;

/** Keys of reserves that an answer brings: `3=<key>, 7=<key>`; none, if anything else is in it. */
export function reserveKeysIn(headers: ReadonlyMap<string, string>): readonly ShardKey[] {
  const text = headers.get(header);
  if (text === undefined || text.length > reserveLimits.headerLengthMax) return [];
  const keys = text.split(",").flatMap((part): ShardKey[] => {
    const [, shard = "", key = ""] = /^([1-9]\d{0,3})=([\w-]+)$/.exec(part.trim()) ?? [];
    return isShard(Number(shard)) && isShardKey(key) ? [{ shard: Number(shard), key }] : [];
  });
  const isGood = keys.length <= reserveLimits.offeredMax && keys.length === text.split(",").length;
  return isGood ? keys : [];
}

/**
 * The keys of reserves that this machine has been given. What a route offers counts once it opens a
 * box of a list that the vendor has signed: a wrong one opens nothing, and takes no right one's place.
 */
export class ReserveKeys {
  readonly #store: Store;
  readonly #announced: () => readonly ShardKey[];
  #kept: readonly ShardKey[];

  private constructor(
    store: Store,
    kept: readonly ShardKey[],
    announced: () => readonly ShardKey[],
  ) {
    this.#store = store;
    this.#announced = announced;
    this.#kept = kept;
  }

  /**
   * What earlier runs have kept; damaged or lost, it is none.
   * @param announced what announcements bring, by now
   */
  static async open(
    store: Store,
    announced: () => readonly ShardKey[] = () => [],
  ): Promise<ReserveKeys> {
    const bytes = await orNothing(store.read(file, lengthMax));
    return new ReserveKeys(store, (bytes && unlessRefused(() => decode(bytes))) ?? [], announced);
  }

  /**
   * A verified list with the reserves that this machine can open. They are asked last, as draining
   * ones are. Keys that were offered and open one are kept.
   */
  async opened(list: RouteList, offered: readonly ShardKey[]): Promise<RouteList> {
    const kept = new Map(this.#kept.map((key) => [textOf(key), key]));
    const all = [...this.#kept, ...this.#announced(), ...offered];
    const known = new Set(list.routes.map(({ id }) => id));
    const routes: RouteEntry[] = [];
    const right: ShardKey[] = [];
    for (const [text, key] of new Map(all.map((each) => [textOf(each), each]))) {
      const entries = (list.sealed ?? []).flatMap((box) => {
        return (box.shard === key.shard ? openSealedRoute(box, key) : undefined) ?? [];
      });
      if (entries.length === 0) continue;
      routes.push(...entries.filter(({ id }) => !known.has(id)));
      right.push(kept.get(text) ?? key);
    }
    if (right.some((key) => !this.#kept.includes(key))) await orNothing(this.#keep(right));
    if (routes.length === 0) return list;
    const last = routes.map((entry): RouteEntry => {
      return entry.state === "active" ? { ...entry, state: "draining" } : entry;
    });
    return { ...list, routes: [...list.routes, ...last] };
  }

  /**
   * @param right those that open something, the earlier kept ones first: who has captured many keys
   *   and offers them must not push out what this machine was given before
   */
  async #keep(right: readonly ShardKey[]): Promise<void> {
    const idle = this.#kept.filter((key) => !right.includes(key));
    this.#kept = [...right, ...idle].slice(0, reserveLimits.keptMax);
    const keys = this.#kept.map(({ shard, key }) => ({ shard, key }));
    await this.#store.write(file, canonicalJson({ _type: kind, keys }), "owner");
  }
}

function decode(bytes: Uint8Array): readonly ShardKey[] | undefined {
  const fields = new Fields(parseJson(bytes, kind), kind);
  if (fields.string("_type") !== kind) return undefined;
  return fields.objects("keys", reserveLimits.keptMax).map((entry) => ({
    shard: entry.integer("shard", 1, sealedLimits.shardMax),
    key: entry.matching("key", isShardKey),
  }));
}

function isShard(shard: number): boolean {
  return shard >= 1 && shard <= sealedLimits.shardMax;
}

function textOf({ shard, key }: ShardKey): string {
  return `${shard}=${key}`;
}
