import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DeltaSegment,
  decodeDeltaSegments,
  deltaLimits,
  deltaTailLength,
  deltaWindowLog,
  encodeDeltaTable,
} from "@causeway/kernel";
import fc from "fast-check";
import { codeOf, valueOrCode } from "./support/throws.ts";

const oldLength = 2 ** 40;

const segmentsArbitrary = fc
  .array(
    fc.record({
      newLength: fc.integer({ min: 1, max: deltaLimits.newLengthMax }),
      oldOffset: fc.integer({ min: 0, max: oldLength - deltaLimits.oldLengthMax }),
      oldLength: fc.integer({ min: 0, max: deltaLimits.oldLengthMax }),
      frameLength: fc.integer({ min: 1, max: 4096 }),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((parts): readonly DeltaSegment[] => {
    let newOffset = 0;
    let frameOffset = 0;
    return parts.map((part) => {
      const placed = { ...part, newOffset, frameOffset };
      newOffset += part.newLength;
      frameOffset += part.frameLength;
      return placed;
    });
  });

test("a window holds old and new, and no zstd refuses it", () => {
  const MiB = 1024 * 1024;
  const table: readonly [made: number, from: number, log: number][] = [
    [1, 0, 10],
    [1024, 0, 10],
    [1024, 1, 11],
    [MiB, MiB, 21],
    [MiB, MiB + 1, 22],
    [deltaLimits.newLengthMax, deltaLimits.oldLengthMax, 27],
    [2 ** 30, 2 ** 30, deltaLimits.windowLogMax],
  ];
  for (const [made, from, log] of table) {
    assert.equal(deltaWindowLog({ newLength: made, oldLength: from }), log, `${made} from ${from}`);
  }
});

test("a delta's table gives back its segments", () => {
  fc.assert(
    fc.property(segmentsArbitrary, (segments) => {
      const { tail, lengths } = deltaOf(segments);
      assert.deepEqual(decodeDeltaSegments(tail, lengths, "delta"), segments);
    }),
  );
});

test("a table is a frame that every zstd skips", () => {
  const table = encodeDeltaTable([segment({})]);
  const view = new DataView(table.buffer);
  assert.equal(view.getUint32(0, true) & 0xfffffff0, 0x184d2a50);
  assert.equal(view.getUint32(4, true), table.length - 8);
});

test("a delta without a table is one frame over the whole old file", () => {
  const lengths = { delta: 500, old: 3000, new: 4000 };
  assert.deepEqual(decodeDeltaSegments(new Uint8Array(500), lengths, "delta"), [
    {
      newOffset: 0,
      newLength: 4000,
      oldOffset: 0,
      oldLength: 3000,
      frameOffset: 0,
      frameLength: 500,
    },
  ]);
});

test("a delta that needs more memory than any of ours is refused", () => {
  const small = new Uint8Array(500);
  const { newLengthMax, oldLengthMax } = deltaLimits;
  for (const lengths of [
    { delta: 500, old: 1, new: newLengthMax + 1 },
    { delta: 500, old: oldLengthMax + 1, new: 1 },
    { delta: 500, old: 1, new: 0 },
  ]) {
    assert.equal(
      codeOf(() => decodeDeltaSegments(small, lengths, "delta")),
      "TRUST_MALFORMED",
    );
  }
});

test("a table with any wrong number is refused", () => {
  const good = [segment({}), segment({ newOffset: 10, frameOffset: 30 })];
  const { tail, lengths } = deltaOf(good);
  assert.equal(decodeDeltaSegments(tail, lengths, "delta").length, 2);
  const refuse = (wrong: Uint8Array, length = lengths): void => {
    assert.equal(
      codeOf(() => decodeDeltaSegments(wrong, length, "delta")),
      "TRUST_MALFORMED",
    );
  };
  refuse(tail, { ...lengths, new: lengths.new + 1 });
  refuse(tail, { ...lengths, new: lengths.new - 1 });
  refuse(tail, { ...lengths, old: 5 });
  const patch = (at: number, value: number): Uint8Array => {
    const copy = tail.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  const table = tail.length - (8 + 2 * 20 + 12);
  refuse(patch(table, 0xfd2fb528)); // not skippable
  refuse(patch(table + 4, 51)); // another length than its own
  refuse(patch(table + 8, 0)); // a segment of nothing
  refuse(patch(table + 8, deltaLimits.newLengthMax + 1));
  refuse(patch(table + 12, deltaLimits.oldLengthMax + 1));
  refuse(patch(table + 20, 0xffffffff)); // an offset beyond 2^53
  refuse(patch(table + 24, 31)); // frames that do not add up
  for (const count of [0, 1, 3, deltaLimits.segmentsMax + 1, 0xffffffff]) {
    refuse(patch(tail.length - 12, count));
  }
});

test("a frame is not longer than zstd makes one of so many bytes", () => {
  const newLength = deltaLimits.newLengthMax;
  const most = newLength + newLength / 256 + 4096;
  const { tail, lengths } = deltaOf([segment({ newLength, frameLength: most })]);
  assert.equal(decodeDeltaSegments(tail, lengths, "delta").length, 1);
  const longer = deltaOf([segment({ newLength, frameLength: most + 1 })]);
  assert.equal(
    codeOf(() => decodeDeltaSegments(longer.tail, longer.lengths, "delta")),
    "TRUST_MALFORMED",
  );
  const alone = { delta: 2 ** 32, old: 10, new: 10 };
  const noTable = new Uint8Array(deltaTailLength);
  assert.equal(
    codeOf(() => decodeDeltaSegments(noTable, alone, "delta")),
    "TRUST_MALFORMED",
  );
});

test("hostile ends of deltas are refused or read, never anything else", () => {
  const magic = new TextEncoder().encode("CWDELTA1");
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.uint8Array({ minLength: 12, maxLength: 200 }).map((tail) => {
      tail.set(magic, tail.length - 8);
      tail.fill(0, tail.length - 11, tail.length - 8);
      return tail;
    }),
  );
  fc.assert(
    fc.property(bytes, fc.nat(5000), fc.nat(5000), (tail, old, made) => {
      const lengths = { delta: tail.length, old, new: made };
      const read = valueOrCode(() => decodeDeltaSegments(tail, lengths, "delta"));
      if (typeof read === "string") assert.equal(read, "TRUST_MALFORMED");
      else
        assert.equal(
          read.reduce((sum, next) => sum + next.newLength, 0),
          made,
        );
    }),
    { numRuns: 500 },
  );
});

function segment(over: Partial<DeltaSegment>): DeltaSegment {
  return {
    newOffset: 0,
    newLength: 10,
    oldOffset: 0,
    oldLength: 20,
    frameOffset: 0,
    frameLength: 30,
    ...over,
  };
}

/** The last bytes of a delta with these segments, and the lengths that its metadata would say. */
function deltaOf(segments: readonly DeltaSegment[]): {
  tail: Uint8Array;
  lengths: { delta: number; old: number; new: number };
} {
  const table = encodeDeltaTable(segments);
  const delta = segments.reduce((sum, next) => sum + next.frameLength, 0) + table.length;
  const tail = new Uint8Array(Math.min(delta, deltaTailLength));
  tail.set(table, tail.length - table.length);
  const made = segments.reduce((sum, next) => sum + next.newLength, 0);
  return { tail, lengths: { delta, old: oldLength, new: made } };
}
