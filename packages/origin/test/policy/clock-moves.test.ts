import assert from "node:assert/strict";
import { test } from "node:test";
import { ClockMoves } from "../../src/policy/clock-moves.ts";

test("a clock that is set is told from one that goes on", () => {
  const clocks = { wall: 1_900_000_000_000, steady: 7 };
  const pass = (wallMs: number, steadyMs: number): void => {
    clocks.wall += wallMs;
    clocks.steady += steadyMs;
  };
  const moves = new ClockMoves(
    () => clocks.wall,
    () => clocks.steady,
  );
  const counts = [];
  for (const [wallMs, steadyMs] of [
    [0, 0],
    [500, 500],
    [86_400_000, 86_400_000],
    [1_400, 500], // in step again
    [500, 500],
    [-3_600_000, 500],
    [500, 500],
    [3_600_000, 500],
    [600, 500],
  ] as const) {
    pass(wallMs, steadyMs);
    counts.push(moves.count());
  }
  assert.deepEqual(counts, [0, 0, 0, 0, 0, 1, 1, 2, 2]);
});
