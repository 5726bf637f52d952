import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cutLine,
  formatBar,
  formatBytes,
  formatCount,
  formatProgress,
  formatSeconds,
  formatSpan,
} from "../src/format.ts";

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

test("a progress line fits its row: the bar shrinks first, then it goes", () => {
  const told = [80, 46, 40, 30, 10].map((columns) => {
    return formatProgress("packing".padEnd(12), 0.5, "15.0 MB of 30.0 MB", columns);
  });
  const bar = "█".repeat(14) + "░".repeat(14);
  assert.deepEqual(told, [
    `packing      ${bar} 15.0 MB of 30.0 MB`,
    "packing      ███████░░░░░░░ 15.0 MB of 30.0 MB",
    "packing      ████░░░░ 15.0 MB of 30.0 MB",
    "packing 15.0 MB of 30.0 MB",
    "packing 15.0 MB of 30.0 MB",
  ]);
});

test("a line is cut at the row's end, and its colours end where they did", () => {
  const line = "\u001b[32mok\u001b[39m \u001b[1mroute\u001b[22m";
  assert.equal(cutLine(line, 8), line);
  assert.equal(cutLine(line, 6), "\u001b[32mok\u001b[39m \u001b[1mro…\u001b[22m");
  assert.equal(cutLine("abc", 1), "…");
});

test("a long time is told in one unit", () => {
  const told = [90, 301, 3 * 3600, 40 * 86_400, 20 * 365.25 * 86_400].map(formatSpan);
  assert.deepEqual(told, ["90 s", "5 min", "3 hours", "40 days", "20 years"]);
});

test("one is one, and all else are many", () => {
  const told = [0, 1, 2].map((count) => formatCount(count, "patch is", "patches are"));
  assert.deepEqual(told, ["0 patches are", "1 patch is", "2 patches are"]);
});
