import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planTtl } from "../src/index.ts";

const hour = 3_600_000;

test("a day's TTL is lowered a day ahead, and the change is made a minute ahead", () => {
  const need = { ttlSeconds: 86_400, loweredTtlSeconds: 60, marginSeconds: 0 };
  const plan = planTtl({ ...need, now: 0, effectiveAt: 48 * hour });
  assert.deepEqual(plan, {
    lowerBy: 24 * hour,
    changeBy: 48 * hour - 60_000,
    goneAt: 48 * hour,
    goneUnlowered: 24 * hour,
    isLate: false,
  });
});

test("who is late is told when the old value is gone all the same", () => {
  const need = { ttlSeconds: 3600, loweredTtlSeconds: 60, marginSeconds: 300 };
  const plan = planTtl({ ...need, now: 0, effectiveAt: hour / 2 });
  assert.deepEqual([plan.isLate, plan.goneAt], [true, hour + 300_000]);
});

test("no cache that asked at any moment has the old value after goneAt", () => {
  const seconds = fc.integer({ min: 1, max: 604_800 });
  const property = fc.property(
    seconds,
    seconds,
    seconds,
    fc.double({ min: 0, max: 1, noNaN: true }),
    (ttlSeconds, loweredTtlSeconds, ahead, share) => {
      const effectiveAt = ahead * 1000;
      const plan = planTtl({
        now: 0,
        effectiveAt,
        ttlSeconds,
        loweredTtlSeconds,
        marginSeconds: 0,
      });
      const lowersAt = Math.max(0, plan.lowerBy);
      const changesAt = Math.max(lowersAt, plan.changeBy);
      const asksAt = share * changesAt;
      const ttl = asksAt < lowersAt ? ttlSeconds : Math.min(ttlSeconds, loweredTtlSeconds);
      assert.ok(asksAt + ttl * 1000 <= plan.goneAt);
      if (!plan.isLate) assert.ok(plan.goneAt <= effectiveAt);
    },
  );
  fc.assert(property);
});
