import {
  decodeShardKeys,
  type ShardKeys,
  shardKeysBytesMax,
  TrustError,
  UsageError,
} from "@causeway/kernel";
import { stampIfThere } from "../file-stamp.ts";
import { Follower } from "../follower.ts";
import type { Log } from "../log.ts";
import { readBounded } from "../read-bounded.ts";

/**
 * Tells of the keys of shards in a file whenever they change. What cannot be read changes nothing,
 * and is logged once; where there is no file, nothing is given.
 */
export function followShardKeys(
  file: string,
  log: Log,
  take: (keys: ShardKeys) => void,
): Follower<ShardKeys> {
  return new Follower({
    stamp: () => stampIfThere(file),
    read: () => readShardKeys(file),
    take,
    warn: ({ code, message }) => {
      log({ level: "error", event: "shard-keys-unreadable", fields: { code, message } });
    },
  });
}

async function readShardKeys(file: string): Promise<ShardKeys> {
  const bytes = await readBounded(file, shardKeysBytesMax);
  if (bytes === undefined) return { choice: "", shards: [] };
  try {
    return decodeShardKeys(bytes);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const what = `${file} holds no keys of shards: ${cause.message}`;
    throw new UsageError("KEY_UNREADABLE", `${what}; restore it from a copy.`, { cause });
  }
}
