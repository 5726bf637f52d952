import assert from "node:assert/strict";
import { test } from "node:test";
import { recentDeaths, restAfter } from "../../src/own-edge/restart-rest.ts";

test("each further death within a minute doubles the rest, and the fifth makes it long", () => {
  const deaths: number[] = [];
  const rests = [0, 1_000, 2_000, 3_000, 4_000].map((now) => {
    deaths.push(now);
    return restAfter(deaths, now);
  });
  assert.deepEqual(rests, [
    { ms: 100, long: false },
    { ms: 200, long: false },
    { ms: 400, long: false },
    { ms: 800, long: false },
    { ms: 600_000, long: true },
  ]);
});

test("what died long ago counts no more, and is not remembered", () => {
  assert.deepEqual(restAfter([0, 1, 2, 3, 70_000], 70_000), { ms: 100, long: false });
  assert.deepEqual(recentDeaths([0, 1, 2, 3, 70_000], 70_000), [70_000]);
  const many = Array.from({ length: 1_000 }, () => 5);
  assert.equal(recentDeaths(many, 5).length, 5);
});
