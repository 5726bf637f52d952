import assert from "node:assert/strict";
import { getRandomValues } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { RateTable, take } from "../src/tls/rate-table.ts";

const random = (into: Uint32Array): void => void getRandomValues(into);

function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setUint32(2, number);
  return key;
}

test("a key gets its burst, then its rate, and the burst back after a rest", () => {
  const table = new RateTable({ perSecond: 10, burst: 5 }, random);
  const key = keyOf(1);
  const taken = (now: number): number => {
    let count = 0;
    while (table.take(key, now)) count++;
    return count;
  };
  assert.equal(taken(1_000), 5);
  assert.equal(taken(1_099), 0);
  assert.equal(taken(1_100), 1);
  assert.equal(taken(1_300), 2);
  assert.equal(taken(100_000), 5);
});

test("whoever asks in whatever rhythm never gets more than burst and rate allow", () => {
  const asks = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      asks,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (gaps, perSecond, burst) => {
        let [now, owed, granted] = [0, 0, 0];
        for (const gap of gaps) {
          now += gap;
          const next = take({ perSecond, burst }, owed, now);
          if (next === undefined) continue;
          owed = next;
          granted++;
        }
        assert.ok(granted <= burst + (now / 1_000) * perSecond + 1e-6);
      },
    ),
  );
});

test("a hundred keys that take all they can keep next to nobody else from its own", () => {
  const table = new RateTable({ perSecond: 10, burst: 5 }, random);
  for (let round = 0; round < 50; round++) {
    for (let flooding = 0; flooding < 100; flooding++) table.take(keyOf(flooding), 0);
  }
  let refused = 0;
  for (let quiet = 0; quiet < 10_000; quiet++) {
    // A table that lets every one of them through would fill up by itself.
    if (quiet % 10 === 0 && !table.take(keyOf(1_000_000 + quiet), 0)) refused++;
  }
  assert.ok(refused < 20, String(refused));
});

test("a million keys take no more memory than one", () => {
  const table = new RateTable({ perSecond: 10, burst: 5 }, random);
  for (let key = 0; key < 100_000; key++) table.take(keyOf(key), key);
  const before = process.memoryUsage().arrayBuffers;
  for (let key = 0; key < 1_000_000; key++) table.take(keyOf(key), key);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000 * 8);
});
