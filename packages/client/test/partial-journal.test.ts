import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sha256 } from "@causeway/kernel";
import fc from "fast-check";
import { decodeJournal, encodeJournal } from "../src/download/partial-journal.ts";

const target = "ab".repeat(32) as Sha256;
const other = "cd".repeat(32) as Sha256;

void test("a journal torn at any byte names the chunks before the tear, or nothing", () => {
  const numbers = [0, 1, 2, 300, 70_000];
  const bytes = encodeJournal(target, numbers);
  for (let length = 0; length <= bytes.length; length++) {
    const read = decodeJournal(bytes.subarray(0, length), target, 100_000);
    if (length < 40) assert.equal(read, undefined);
    else assert.deepEqual(read, numbers.slice(0, Math.floor((length - 40) / 4)));
  }
});

void test("a journal of another target is none", () => {
  assert.equal(decodeJournal(encodeJournal(target, [1]), other, 10), undefined);
});

void test("whatever a journal holds, it names only chunks that the target has", () => {
  const count = fc.integer({ min: 0, max: 1_000 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), count, (tail, chunkCount) => {
      const bytes = Buffer.concat([encodeJournal(target, []), tail]);
      const numbers = decodeJournal(bytes, target, chunkCount) ?? [];
      assert.ok(numbers.every((number) => number >= 0 && number < chunkCount));
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].toSorted((a, b) => a - b),
      );
    }),
  );
});
