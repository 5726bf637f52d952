import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopDelay } from "../../src/shield/loop-delay.ts";

/** What is measured after `tookMs`, of which the thread had the processor for `ownMs`. */
function measured(spans: readonly (readonly [tookMs: number, ownMs: number])[]): readonly number[] {
  let [now, cpu] = [1_000, 500];
  const delay = new LoopDelay(50, { now: () => now, cpuMs: () => cpu });
  return spans.map(([tookMs, ownMs]) => {
    now += tookMs;
    cpu += ownMs;
    return delay.measure();
  });
}

test("a loop that comes round in time is not late, and one that works too long is", () => {
  assert.deepEqual(
    measured([
      [50, 5],
      [49, 49],
      [80, 80],
      [50, 0],
    ]),
    [0, 0, 30, 0],
  );
});

test("what others took of the processor is not its own lateness", () => {
  assert.deepEqual(
    measured([
      [150, 0],
      [100, 50],
    ]),
    [0, 25],
  );
});
