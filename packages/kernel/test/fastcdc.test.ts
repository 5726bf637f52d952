import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { Chunker, chunkLengths, chunkLengthsOf } from "@causeway/kernel";
import fc from "fast-check";
import { gear } from "../src/fastcdc.ts";
import { countedBytes } from "./support/counted-bytes.ts";

test("the gear table is the one that docs/chunk-index.md specifies", () => {
  const words = new Uint8Array(1024);
  const view = new DataView(words.buffer);
  gear.forEach((word, byte) => view.setInt32(4 * byte, word, true));
  assert.equal(view.getUint32(0, true), 0x92ca2f0e);
  assert.equal(view.getUint32(4 * 255, true), 0x7970d887);
  assert.equal(
    hash("sha256", words),
    "a22a86d95bc18405f68ed5a0254053fb83df32ac0cf750910e741540c9f0ee96",
  );
});

test("the cuts of a known input are those that docs/chunk-index.md lists", () => {
  assert.deepEqual(
    chunkLengthsOf(countedBytes(1024 * 1024)),
    [
      68978, 56129, 59699, 30800, 61183, 61267, 76510, 62867, 59927, 66719, 60775, 69995, 27196,
      70396, 61579, 72603, 65048, 16905,
    ],
  );
});

test("a file of zeros is cut at the greatest length, and an empty file not at all", () => {
  const { max } = chunkLengths;
  assert.deepEqual(chunkLengthsOf(new Uint8Array(2 * max + 1)), [max, max, 1]);
  assert.deepEqual(chunkLengthsOf(new Uint8Array(max)), [max]);
  assert.deepEqual(chunkLengthsOf(new Uint8Array(0)), []);
});

test("chunks keep to their bounds and average 64 KiB on random bytes", () => {
  const bytes = countedBytes(16 * 1024 * 1024);
  const lengths = chunkLengthsOf(bytes);
  assert.equal(
    lengths.reduce((sum, length) => sum + length, 0),
    bytes.length,
  );
  for (const length of lengths.slice(0, -1)) {
    assert.ok(length > chunkLengths.min && length <= chunkLengths.max, `${length}`);
  }
  const average = bytes.length / lengths.length;
  assert.ok(Math.abs(average / chunkLengths.average - 1) < 0.1, `${average}`);
});

test("the cuts are those of the plain loop that docs/chunk-index.md describes", () => {
  const bytes = countedBytes(3 * 1024 * 1024);
  bytes.fill(7, 1_000_000, 1_600_000); // with a stretch that has no cut of its own
  assert.deepEqual(chunkLengthsOf(bytes), plainLengths(bytes));
});

test("the cuts do not depend on how the stream is sliced", () => {
  const bytes = countedBytes(1024 * 1024);
  const whole = chunkLengthsOf(bytes);
  const slices = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 70_000 }),
      fc.constantFrom(16384, 53248, 262144),
    ),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(slices, (lengths) => {
      assert.deepEqual(lengthsOfSlices(bytes, lengths), whole);
    }),
    { numRuns: 60 },
  );
});

test("bytes that were inserted change only the chunks around them", () => {
  const bytes = countedBytes(4 * 1024 * 1024);
  const changed = new Uint8Array(bytes.length + 5);
  changed.set(bytes.subarray(0, 2_000_000));
  changed.set(bytes.subarray(2_000_000), 2_000_005);
  const had = new Set(namesOf(bytes));
  const fresh = namesOf(changed).filter((name) => !had.has(name));
  assert.ok(fresh.length <= 4, `${fresh.length} new chunks`);
});

function plainLengths(bytes: Uint8Array): number[] {
  const lengths: number[] = [];
  let start = 0;
  while (start < bytes.length) {
    let word = 0;
    let length = Math.min(16384, bytes.length - start);
    while (start + length < bytes.length && length < 262144) {
      word = (Math.imul(word, 2) + (gear[bytes[start + length] ?? 0] ?? 0)) >>> 0;
      const bits = length < 53248 ? 18 : 14;
      length++;
      if (word >>> (32 - bits) === 0) break;
    }
    lengths.push(length);
    start += length;
  }
  return lengths;
}

/** Slices of these lengths again and again, until the bytes are used up. */
function lengthsOfSlices(bytes: Uint8Array, sliceLengths: readonly number[]): number[] {
  const chunker = new Chunker();
  const lengths: number[] = [];
  let carried = 0;
  let position = 0;
  for (let turn = 0; position < bytes.length; turn++) {
    const wished = sliceLengths[turn % sliceLengths.length] ?? 0;
    const slice = bytes.subarray(position, position + (wished || (turn % 7) * 997));
    position += slice.length;
    let from = 0;
    for (let end = chunker.next(slice, from); end >= 0; end = chunker.next(slice, from)) {
      lengths.push(carried + end - from);
      carried = 0;
      from = end;
    }
    carried += slice.length - from;
    assert.equal(chunker.open, carried);
  }
  return carried > 0 ? [...lengths, carried] : lengths;
}

function namesOf(bytes: Uint8Array): string[] {
  let at = 0;
  return chunkLengthsOf(bytes).map((length) => {
    at += length;
    return hash("sha256", bytes.subarray(at - length, at));
  });
}
