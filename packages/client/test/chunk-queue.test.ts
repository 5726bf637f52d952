import assert from "node:assert/strict";
import { test } from "node:test";
import type { Chunk, Sha256 } from "@causeway/kernel";
import fc from "fast-check";
import { ChunkQueue, type Run } from "../src/fetch/chunk-queue.ts";

function chunksOf(lengths: readonly number[]): Chunk[] {
  return lengths.map((length, number) => {
    const sha256 = number.toString(16).padStart(64, "0") as Sha256;
    return { sha256, offset: 0, length, packOffset: 0, packLength: 0 };
  });
}

const numbersOf = ({ from, to }: Run): number[] => {
  return Array.from({ length: to - from }, (_, index) => from + index);
};

void test("a run is of free neighbours, and no chunk is given out twice", () => {
  const queue = new ChunkQueue(chunksOf([10, 10, 10, 10, 10, 10]), [0, 1, 3, 4, 5]);
  assert.deepEqual(queue.take(1_000), { from: 0, to: 2 });
  assert.deepEqual(queue.take(21), { from: 3, to: 5 });
  assert.equal(queue.freeLength, 10);
  assert.deepEqual(queue.take(1), { from: 5, to: 6 });
  assert.equal(queue.take(1), undefined);
  assert.equal(queue.done, false);
});

void test("a run that is let go is free again, but for what others hold or brought", () => {
  const queue = new ChunkQueue(chunksOf([10, 10, 10, 10]), [0, 1, 2, 3]);
  const run = queue.take(100);
  assert.deepEqual(run, { from: 0, to: 4 });
  queue.hold({ from: 2, to: 3 });
  queue.settle(0);
  queue.release({ from: 0, to: 4 });
  assert.equal(queue.freeLength, 20);
  assert.deepEqual(queue.take(100), { from: 1, to: 2 });
  assert.deepEqual(queue.take(100), { from: 3, to: 4 });
});

void test("whatever is taken, let go and settled, in any order: all chunks come, and each once", () => {
  const step = fc.record({ act: fc.constantFrom("take", "drop", "settle", "race"), at: fc.nat() });
  const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(lengths, fc.array(step, { maxLength: 100 }), (list, steps) => {
      const queue = new ChunkQueue(chunksOf(list), list.keys());
      const held: Run[] = [];
      const settled = new Set<number>();
      for (const { act, at } of steps) {
        const run = held[at % Math.max(1, held.length)];
        if (act === "take") {
          const taken = queue.take(at % 300);
          if (taken !== undefined) {
            for (const number of numbersOf(taken)) assert.ok(!settled.has(number));
            held.push(taken);
          }
        } else if (run === undefined) {
          continue;
        } else if (act === "race") {
          queue.hold(run);
          held.push(run);
        } else if (act === "drop") {
          queue.release(run);
          held.splice(held.indexOf(run), 1);
        } else {
          assert.equal(queue.settle(run.from), !settled.has(run.from));
          settled.add(run.from);
        }
      }
      for (const run of held) queue.release(run);
      const left = list.reduce(
        (sum, length, number) => sum + (settled.has(number) ? 0 : length),
        0,
      );
      assert.equal(queue.freeLength, left);
      for (let run = queue.take(50); run !== undefined; run = queue.take(50)) {
        for (const number of numbersOf(run)) assert.ok(queue.settle(number));
      }
      assert.ok(queue.done);
    }),
  );
});
