import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeShardKeys, encodeShardKeys, type ShardKeys } from "../src/index.ts";

const key = "A".repeat(43);
const keys: ShardKeys = {
  choice: key,
  shards: [
    { shard: 3, key },
    { shard: 4, key, given: true, announced: true },
  ],
};

test("a file of shard keys is read back as it was written", () => {
  assert.deepEqual(decodeShardKeys(encodeShardKeys(keys)), keys);
});

test("a file of shard keys with anything wrong in it is refused, and no message shows a key", () => {
  const [shard] = keys.shards;
  const wrong: readonly unknown[] = [
    [],
    { shards: [] },
    { ...keys, choice: "short" },
    { ...keys, more: 1 },
    { ...keys, shards: [shard, shard] },
    { ...keys, shards: [{ ...shard, key: `${"A".repeat(42)}B` }] }, // bits beyond 256
    { ...keys, shards: [{ ...shard, key: `${key}A` }] },
    { ...keys, shards: [{ ...shard, shard: 1025 }] },
    { ...keys, shards: [{ ...shard, given: 1 }] },
    { ...keys, shards: [{ ...shard, more: 1 }] },
    { ...keys, shards: Array.from({ length: 1025 }, (_, at) => ({ ...shard, shard: at })) },
  ];
  for (const value of wrong) {
    const text = JSON.stringify(value);
    assert.throws(
      () => decodeShardKeys(Buffer.from(text)),
      (error: Error & { readonly code?: string }) => {
        assert.equal(error.code, "TRUST_MALFORMED", text.slice(0, 80));
        return !error.message.includes("AAAA");
      },
    );
  }
});
