import { randomBytes } from "node:crypto";
import {
  decodeShardKeys,
  encodeShardKeys,
  type ShardKey,
  type ShardKeys,
  shardKeysBytesMax,
  TrustError,
  UsageError,
} from "@causeway/kernel";
import { readFileUpTo, writeDurably } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";

const secretBytes = 32;

/**
 * The keys of the vendor's shards; none when there is no file.
 * @throws {UsageError} `KEY_UNREADABLE` @throws {HostError}
 */
export async function readShardKeys(folder: VendorFolder): Promise<ShardKeys> {
  const path = folder.shardKeys;
  const bytes = await readFileUpTo(path, shardKeysBytesMax);
  if (bytes === undefined) return { choice: newSecret(), shards: [] };
  try {
    return decodeShardKeys(bytes);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const what = `${path} holds no keys of shards: ${cause.message}; restore it from a copy`;
    throw new UsageError("KEY_UNREADABLE", `${what}.`, { cause });
  }
}

/** Only its owner can read it. @throws {HostError} */
export async function writeShardKeys(folder: VendorFolder, keys: ShardKeys): Promise<void> {
  const file = { path: folder.shardKeys, bytes: encodeShardKeys(keys) };
  await writeDurably(file, { scratch: folder.work, mode: 0o600 });
}

/** The same keys, and a new one for each of these shards that has none. */
export function withShards(keys: ShardKeys, shards: Iterable<number>): ShardKeys {
  const known = new Set(keys.shards.map(({ shard }) => shard));
  const missing = [...new Set(shards)].filter((shard) => !known.has(shard));
  if (missing.length === 0) return keys;
  const added = missing.map((shard) => ({ shard, key: newSecret() }));
  return { ...keys, shards: [...keys.shards, ...added].toSorted((a, b) => a.shard - b.shard) };
}

/** The same, without those of shards in which nothing is sealed: who is given one has nothing by it. */
export function withoutUnused(keys: ShardKeys, used: ReadonlySet<number>): ShardKeys {
  const shards = keys.shards.filter(({ shard }) => used.has(shard));
  return shards.length === keys.shards.length ? keys : { ...keys, shards };
}

/** The same, with what is true of these shards from now on. */
export function withMarks(
  keys: ShardKeys,
  marked: readonly number[],
  marks: Pick<ShardKey, "given" | "announced">,
): ShardKeys {
  const shards = keys.shards.map((key): ShardKey => {
    return marked.includes(key.shard) ? { ...key, ...marks } : key;
  });
  return { ...keys, shards };
}

function newSecret(): string {
  return randomBytes(secretBytes).toString("base64url");
}
