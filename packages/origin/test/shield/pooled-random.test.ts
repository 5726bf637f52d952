import assert from "node:assert/strict";
import { test } from "node:test";
import { pooledRandom } from "../../src/shield/pooled-random.ts";

test("no part of the pool is given twice, and none changes that was given", () => {
  const given = Array.from({ length: 2_000 }, (_, at) => pooledRandom(1 + (at % 2) * 15));
  const long = given.filter(({ length }) => length === 16);
  const texts = long.map((bytes) => bytes.toString("hex"));
  assert.equal(new Set(texts).size, 1_000);
  pooledRandom(4_096).fill(0);
  assert.deepEqual(
    long.map((bytes) => bytes.toString("hex")),
    texts,
  );
  assert.throws(() => pooledRandom(4_097));
  assert.notEqual(pooledRandom(4_096).toString("hex"), pooledRandom(4_096).toString("hex"));
});
