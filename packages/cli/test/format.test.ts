import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBar, formatBytes, formatSeconds } from "../src/format.ts";

test("bytes are told in the largest unit that keeps them readable", () => {
  const told = [0, 999, 1000, 5_949_000, 99_949_999, 126_595_440, 5e9, 3e15].map(formatBytes);
  assert.deepEqual(told, [
    "0 B",
    "999 B",
    "1.0 kB",
    "5.9 MB",
    "99.9 MB",
    "127 MB",
    "5.0 GB",
    "3000 TB",
  ]);
});

test("seconds are told with a fraction only while it matters", () => {
  assert.deepEqual([0.04, 9.94, 9.96, 59.4, 61, 3600].map(formatSeconds), [
    "0.0 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1 min 1 s",
    "60 min 0 s",
  ]);
});

test("a bar never leaves its width", () => {
  assert.equal(formatBar(-1, 4), "░░░░");
  assert.equal(formatBar(0.5, 4), "██░░");
  assert.equal(formatBar(7, 4), "████");
});
