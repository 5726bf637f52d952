import { Fields, malformed } from "./fields.ts";
import { parseJson } from "./json.ts";
import { isShardKey, type ShardKey, sealedLimits } from "./sealed-route.ts";

/** The keys of a vendor's shards, as their file has them. */
export interface ShardKeys {
  /** 32 random bytes in base64url, by which it is chosen who is given which keys; a secret. */
  readonly choice: string;
  readonly shards: readonly ShardKey[];
}

export const shardKeysBytesMax = 256 * 1024;

const known = ["choice", "shards"];
const knownOfShard = ["shard", "key", "given", "announced"];

export function encodeShardKeys({ choice, shards }: ShardKeys): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ choice, shards }, undefined, 2)}\n`);
}

/**
 * Reads a file of shard keys. No message has anything of a key in it.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeShardKeys(bytes: Uint8Array): ShardKeys {
  const fields = new Fields(parseJson(bytes, "it"), "it");
  refuseOthers(fields, known);
  const seen = new Set<number>();
  const shards = fields.objects("shards", sealedLimits.shardMax).map((entry): ShardKey => {
    refuseOthers(entry, knownOfShard);
    const shard = entry.integer("shard", 1, sealedLimits.shardMax);
    if (seen.has(shard)) throw malformed("it", `has the shard ${shard} twice`);
    seen.add(shard);
    const isGiven = entry.has("given") && entry.boolean("given");
    const isAnnounced = entry.has("announced") && entry.boolean("announced");
    return {
      shard,
      key: entry.matching("key", isShardKey),
      ...(isGiven && { given: true }),
      ...(isAnnounced && { announced: true }),
    };
  });
  return { choice: fields.matching("choice", isShardKey), shards };
}

/** A member that is not known may be a known one, mistyped. */
function refuseOthers(fields: Fields, names: readonly string[]): void {
  for (const [name] of fields.entries()) {
    if (!names.includes(name)) throw malformed("it", `has a member beside ${names.join(", ")}`);
  }
}
