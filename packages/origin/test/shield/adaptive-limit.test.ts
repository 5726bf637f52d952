import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { AdaptiveLimit } from "../../src/shield/adaptive-limit.ts";

const bounds = { workAtOnceMin: 8, workAtOnceMax: 256, delayTargetMs: 10 };

test("a late event loop shrinks the limit, the more the later it is", () => {
  const limits = [12, 20, 1_000].map((lateMs) => {
    const limit = new AdaptiveLimit(bounds);
    limit.adapt(lateMs);
    return limit.current;
  });
  assert.deepEqual(limits, [245, 204, 128]);
});

test("it grows again while it is all used, and only then", () => {
  const limit = new AdaptiveLimit(bounds);
  for (let window = 0; window < 50; window++) limit.adapt(1_000);
  assert.equal(limit.current, 8);
  limit.adapt(0);
  assert.equal(limit.current, 8);
  limit.noteReached();
  limit.adapt(0);
  assert.equal(limit.current, 12);
});

test("work that takes longer than it once did shrinks it too, until that is usual", () => {
  const limit = new AdaptiveLimit(bounds);
  const work = (ms: number): void => {
    limit.noteWork(ms);
    limit.adapt(0);
  };
  work(1);
  assert.equal(limit.current, 256);
  work(40);
  assert.ok(limit.current < 256);
  for (let window = 0; window < 200; window++) work(40);
  const settled = limit.current;
  limit.noteReached();
  work(40);
  assert.equal(limit.current, settled + 4);
});

test("whatever is measured, it stays within its bounds", () => {
  const window = fc.record({
    lateMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    workMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    isReached: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(window), (windows) => {
      const limit = new AdaptiveLimit(bounds);
      for (const { lateMs, workMs, isReached } of windows) {
        if (isReached) limit.noteReached();
        limit.noteWork(workMs);
        limit.adapt(lateMs);
        assert.ok(limit.current >= bounds.workAtOnceMin && limit.current <= bounds.workAtOnceMax);
      }
    }),
  );
});

test("a server whose delay is its work under way finds what the target allows", () => {
  const limit = new AdaptiveLimit(bounds);
  let sum = 0;
  for (let window = 0; window < 400; window++) {
    limit.noteReached();
    limit.adapt(limit.current * 0.25); // a quarter of a millisecond each
    if (window >= 200) sum += limit.current;
  }
  const usual = sum / 200;
  assert.ok(usual > 30 && usual < 50, String(usual)); // forty of them are ten milliseconds
});
