import assert from "node:assert/strict";
import { test } from "node:test";
import { deltaLimits, type Sha256 } from "@causeway/kernel";
import fc from "fast-check";
import {
  avoidMagic,
  planSegments,
  segmentsAtOnce,
  zstdSettings,
} from "../../src/artifacts/delta-plan.ts";
import type { ScannedChunk } from "../../src/artifacts/scan.ts";

const MiB = 1024 * 1024;
const chunkLength = 64 * 1024;

/** A file made of numbered pieces: those with the same number have the same bytes. */
function chunksOf(numbers: readonly number[]): ScannedChunk[] {
  return numbers.map((number, at) => {
    const sha256 = number.toString(16).padStart(64, "0") as Sha256;
    return { sha256, offset: at * chunkLength, length: chunkLength };
  });
}

function sidesOf(newNumbers: readonly number[], oldNumbers: readonly number[]) {
  return {
    newLength: newNumbers.length * chunkLength,
    newChunks: chunksOf(newNumbers),
    oldLength: oldNumbers.length * chunkLength,
    oldChunks: chunksOf(oldNumbers),
  };
}

const range = (from: number, count: number): number[] => {
  return Array.from({ length: count }, (_, at) => from + at);
};

test("every plan covers the new file without a gap, within the format's bounds", () => {
  const lengths = fc.oneof(
    fc.integer({ min: 1, max: 300 * MiB }),
    fc.integer({ min: 1, max: 2 ** 36 }),
  );
  fc.assert(
    fc.property(lengths, fc.oneof(fc.constant(0), lengths), (newLength, oldLength) => {
      const plan = planSegments({ newLength, oldLength, newChunks: [], oldChunks: [] });
      if (newLength > 32 * 1024 * MiB) {
        assert.deepEqual(plan, []);
        return;
      }
      assert.ok(plan.length > 0 && plan.length <= deltaLimits.segmentsMax);
      let at = 0;
      for (const segment of [plan[0], plan.at(-1), ...plan]) {
        assert.ok(segment && segment.newLength > 0);
        assert.ok(segment.newLength <= deltaLimits.newLengthMax);
        assert.ok(segment.oldLength <= deltaLimits.oldLengthMax);
        assert.ok(Number.isInteger(segment.oldOffset) && segment.oldOffset >= 0);
        assert.ok(segment.oldOffset + segment.oldLength <= oldLength);
      }
      for (const segment of plan) {
        assert.equal(segment.newOffset, at);
        at += segment.newLength;
      }
      assert.equal(at, newLength);
    }),
    { numRuns: 200 },
  );
});

test("two files of up to 48 MiB make one segment over both whole, as zstd --patch-from has it", () => {
  const length = 48 * MiB;
  const whole = { newLength: length, oldLength: length, newChunks: [], oldChunks: [] };
  assert.deepEqual(planSegments(whole), [
    { newOffset: 0, newLength: length, oldOffset: 0, oldLength: length },
  ]);
  assert.equal(planSegments({ ...whole, oldLength: length + 1 }).length, 6);
  assert.equal(planSegments({ ...whole, newLength: length + 1 }).length, 7);
  assert.deepEqual(planSegments({ ...whole, newLength: 0 }), []);
});

test("a segment looks at the place that its chunks came from", () => {
  // 20 MiB were put in front, and the two halves of the rest changed places.
  const first = range(1, 1000);
  const second = range(2001, 1000);
  const sides = sidesOf([...range(9001, 320), ...second, ...first], [...first, ...second]);
  const plan = planSegments(sides);
  for (const segment of plan) {
    const chunk = sides.newChunks.find(({ offset, sha256 }) => {
      return offset >= segment.newOffset && sides.oldChunks.some((old) => old.sha256 === sha256);
    });
    const home = sides.oldChunks.find(({ sha256 }) => sha256 === chunk?.sha256);
    assert.ok(chunk && home);
    if (chunk.offset + chunk.length > segment.newOffset + segment.newLength) continue; // put in
    assert.ok(home.offset >= segment.oldOffset, `${segment.newOffset}`);
    assert.ok(home.offset + home.length <= segment.oldOffset + segment.oldLength);
  }
});

test("chunks that come again and again do not lead a segment astray", () => {
  // Three of five pieces are zeros; the old file begins with zeros, far from where the rest is.
  const program = range(1, 1000).flatMap((number) => {
    return number % 5 < 2 ? [number] : [0];
  });
  const sides = sidesOf(program, [...Array.from({ length: 900 }, () => 0), ...program]);
  for (const segment of planSegments(sides)) {
    const home = segment.newOffset + 900 * chunkLength;
    assert.ok(segment.oldOffset <= home, `${segment.newOffset}`);
    assert.ok(home + segment.newLength <= segment.oldOffset + segment.oldLength);
  }
});

test("without any match, segments are spread over the old file in proportion", () => {
  const plan = planSegments({
    newLength: 100 * MiB,
    oldLength: 200 * MiB,
    newChunks: [],
    oldChunks: [],
  });
  const starts = plan.map((segment) => segment.oldOffset);
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  );
  const [first] = plan;
  const last = plan.at(-1);
  assert.ok(first && last && first.oldOffset < 10 * MiB);
  assert.ok(last.oldOffset + last.oldLength > 180 * MiB);
});

test("a range that starts like a prepared dictionary loses its first byte", () => {
  const segment = { newOffset: 0, newLength: 9, oldOffset: 100, oldLength: 50 };
  assert.equal(avoidMagic(segment, Buffer.from("37a430ed", "hex")), segment);
  assert.equal(avoidMagic(segment, Buffer.from("37a430", "hex")), segment);
  assert.deepEqual(avoidMagic(segment, Buffer.from("37a430ec", "hex")), {
    ...segment,
    oldOffset: 101,
    oldLength: 49,
  });
});

test("the settings keep both sides within 512 MiB, whatever the lengths", () => {
  const length = fc.integer({ min: 1, max: 48 * MiB });
  fc.assert(
    fc.property(length, length, (newLength, oldLength) => {
      const segment = { newOffset: 0, newLength, oldOffset: 0, oldLength };
      const settings = zstdSettings(segment, newLength);
      assert.ok(settings.windowLog <= deltaLimits.windowLogMax);
      // The dictionary stays in reach until the end only with a window as long as the file.
      assert.ok(2 ** settings.windowLog >= Math.min(newLength + oldLength, 2 ** 27));
      const tables = 8 * (2 ** settings.hashLog + 2 ** settings.chainLog);
      const bytes = settings.level > 12 ? tables : 10 * 2 ** settings.hashLog;
      const each = bytes + 2 * (oldLength + newLength);
      const atOnce = segmentsAtOnce(segment, newLength);
      assert.ok(atOnce >= 1 && (atOnce === 1 || atOnce * each <= 280 * MiB));
      assert.ok(each <= 360 * MiB, `${each}`);
    }),
  );
});
