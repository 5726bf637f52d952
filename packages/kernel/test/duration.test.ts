import assert from "node:assert/strict";
import { test } from "node:test";
import { durationMs } from "../src/index.ts";

test("a duration is a whole number and a unit, and nothing else", () => {
  const read: readonly (readonly [string, number | undefined])[] = [
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["48h", 172_800_000],
    ["2d", 172_800_000],
    ["999999d", 86_399_913_600_000],
    ["0h", undefined],
    ["1000000d", undefined],
    ["48", undefined],
    ["1h30m", undefined],
    ["-1h", undefined],
    ["1.5h", undefined],
    ["1w", undefined],
    [" 1h", undefined],
    ["", undefined],
  ];
  for (const [text, ms] of read) assert.equal(durationMs(text), ms, text);
});
