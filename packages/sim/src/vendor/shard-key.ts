import { createHash } from "node:crypto";
import type { ShardKey } from "@causeway/kernel";

/** The key of one of the vendor's shards. */
export function shardKeyOf(shard: number): ShardKey {
  return { shard, key: createHash("sha256").update(`shard ${shard}`).digest("base64url") };
}
