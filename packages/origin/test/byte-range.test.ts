import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ByteRange, byteRangeOf } from "../src/byte-range.ts";
import { ask } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";

const whole: ByteRange = { kind: "whole" };
const none: ByteRange = { kind: "unsatisfiable" };
const part = (start: number, end: number): ByteRange => ({ kind: "part", start, end });

test("ranges are read as RFC 9110 says", () => {
  const cases: readonly (readonly [string, ByteRange])[] = [
    ["bytes=0-0", part(0, 1)],
    ["bytes=0-", part(0, 10)],
    ["bytes=9-", part(9, 10)],
    ["bytes=3-5", part(3, 6)],
    ["bytes=3-99", part(3, 10)],
    ["bytes=-3", part(7, 10)],
    ["bytes=-99", part(0, 10)],
    ["BYTES=1-2", part(1, 3)],
    ["bytes= 1-2 , ,", part(1, 3)],
    [`bytes=1-${"9".repeat(400)}`, part(1, 10)],
    ["bytes=10-", none],
    ["bytes=10-12", none],
    ["bytes=-0", none],
    [`bytes=${"9".repeat(400)}-`, none],
    ["bytes=5-3", whole],
    ["bytes=0-1,3-4", whole],
    ["bytes=", whole],
    ["bytes=-", whole],
    ["bytes=a-b", whole],
    ["bytes=1-2-3", whole],
    ["bytes=+1-2", whole],
    ["bytes=0x1-2", whole],
    ["bytes 1-2", whole],
    ["chunks=1-2", whole],
    ["", whole],
  ];
  for (const [header, expected] of cases) {
    assert.deepEqual(byteRangeOf(header, 10), expected, header);
  }
  assert.deepEqual(byteRangeOf("bytes=0-", 0), none);
  assert.deepEqual(byteRangeOf("bytes=-1", 0), whole);
  assert.deepEqual(byteRangeOf(undefined, 0), whole);
});

test("no header makes a range that lies outside the file", () => {
  const pieces = fc.constantFrom("bytes=", "-", ",", " ", "0", "7", "12", "999999999999999999");
  const headers = fc.array(pieces, { maxLength: 8 }).map((list) => list.join(""));
  fc.assert(
    fc.property(headers, fc.nat(20), (header, size) => {
      const range = byteRangeOf(header, size);
      if (range.kind !== "part") return;
      assert.ok(range.start >= 0 && range.start < range.end && range.end <= size);
    }),
    { numRuns: 2_000 },
  );
});

test("any range of a file over several blocks is the same slice of its bytes", async (t) => {
  const origin = await testOrigin(t);
  const bytes = noise(700_000);
  const url = new URL(origin.repository.addTarget(bytes), origin.url);
  // Edges of blocks and of pieces are where a reader would go wrong.
  const edges = [0, 1, 65_536, 131_072, 262_144, 524_288, 700_000].flatMap((edge) => {
    return [edge - 1, edge, edge + 1];
  });
  const at = fc.oneof(fc.constantFrom(...edges.filter((edge) => edge >= 0)), fc.nat(800_000));
  const forms = fc.oneof(
    fc.tuple(at, at).map(([first, last]) => ({ header: `bytes=${first}-${last}`, first, last })),
    at.map((first) => ({ header: `bytes=${first}-`, first, last: Infinity })),
    at.map((length) => {
      const first = Math.max(0, bytes.length - length);
      return { header: `bytes=-${length}`, first: length === 0 ? Infinity : first, last: Infinity };
    }),
  );
  const property = fc.asyncProperty(forms, async ({ header, first, last }) => {
    const answer = await ask(url, { headers: { Range: header } });
    if (last < first && Number.isFinite(first)) {
      assert.equal(answer.status, 200);
      assert.ok(answer.body.equals(bytes));
    } else if (first >= bytes.length) {
      assert.equal(answer.status, 416);
      assert.equal(answer.headers["content-range"], `bytes */${bytes.length}`);
    } else {
      const end = Math.min(last + 1, bytes.length);
      assert.equal(answer.status, 206);
      assert.ok(answer.body.equals(bytes.subarray(first, end)), header);
      const range = `bytes ${first}-${end - 1}/${bytes.length}`;
      assert.equal(answer.headers["content-range"], range);
      assert.equal(answer.headers["content-length"], String(end - first));
    }
  });
  await fc.assert(property, { numRuns: 300 });
});

test("a HEAD request knows no ranges", async (t) => {
  const origin = await testOrigin(t);
  const url = new URL("metadata/timestamp.json", origin.url);
  const answer = await ask(url, { method: "HEAD", headers: { Range: "bytes=0-1" } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["content-length"], "24");
  assert.equal(answer.body.length, 0);
});
