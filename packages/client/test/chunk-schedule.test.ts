import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { downloadLimits } from "../src/download-limits.ts";
import { Meter } from "../src/fetch/chunk-meter.ts";
import { chooseHelp, runLength } from "../src/fetch/chunk-schedule.ts";

const rates = fc.double({ min: 1, max: 1e9, noNaN: true });

void test("a run keeps to its bounds, whatever was measured", () => {
  const choice = fc.record({
    failing: fc.boolean(),
    rate: fc.option(rates, { nil: undefined }),
    rateOfAll: rates,
    latencyMs: fc.nat(10_000),
    lastLength: fc.nat(100_000_000),
    freeLength: fc.nat(2_000_000_000),
  });
  fc.assert(
    fc.property(choice, (given) => {
      const length = runLength(given, downloadLimits);
      assert.ok(length >= 1 && length <= downloadLimits.runLengthMax, String(length));
    }),
  );
});

void test("a route starts small and grows to what it carries in about a second", () => {
  const rate = 12_500_000;
  const long = { failing: false, latencyMs: 20, rate, rateOfAll: rate, freeLength: 1e9 };
  assert.equal(runLength({ ...long, rate: undefined, lastLength: 0 }, downloadLimits), 256 * 1024);
  assert.equal(runLength({ ...long, lastLength: 64 * 1024 }, downloadLimits), 2 * 1024 * 1024);
  assert.equal(
    runLength({ ...long, lastLength: 1e8 }, downloadLimits),
    downloadLimits.runLengthMax,
  );
  const slow = { ...long, rate: 100_000, rateOfAll: rate, lastLength: 1e8, freeLength: 1e9 };
  assert.equal(runLength(slow, downloadLimits), 75_000);
});

void test("near the end a route takes no more than half of its share", () => {
  const choice = {
    failing: false,
    latencyMs: 20,
    rate: 1e6,
    rateOfAll: 4e6,
    lastLength: 1e8,
    freeLength: 2e6,
  };
  assert.equal(runLength(choice, downloadLimits), 250_000);
});

void test("a silent request is raced at once, and one that is too young to judge is left", () => {
  const pending = { length: 10_000_000, ageMs: 50, silent: true, rate: 1e6 };
  const helper = { rate: undefined, latencyMs: 50 };
  assert.deepEqual(chooseHelp(pending, helper, 100), { kind: "race" });
  const young = { ...pending, silent: false, rate: undefined };
  assert.deepEqual(chooseHelp(young, { ...helper, rate: 1e9 }, 100), { kind: "leave" });
  const old = { ...young, ageMs: 150 };
  assert.deepEqual(chooseHelp(old, helper, 100), { kind: "leave" });
  assert.deepEqual(chooseHelp(old, { ...helper, rate: 1e9 }, 100), { kind: "race" });
});

void test("a split lets both routes end together, and is made only when it saves time", () => {
  const pending = fc.record({
    length: fc.integer({ min: 1, max: 1e8 }),
    ageMs: fc.constant(0),
    silent: fc.constant(false),
    rate: rates,
  });
  const helper = fc.record({
    rate: rates,
    latencyMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
  });
  fc.assert(
    fc.property(pending, helper, (slow, quick) => {
      const help = chooseHelp(slow, quick, 100);
      const aloneMs = (slow.length * 1000) / slow.rate;
      if (help.kind !== "split") {
        assert.equal(help.kind, "leave");
        return;
      }
      const ownMs = (help.keep * 1000) / slow.rate;
      const helperMs = quick.latencyMs + ((slow.length - help.keep) * 1000) / quick.rate;
      assert.ok(aloneMs - ownMs >= 100);
      assert.ok(Math.abs(ownMs - helperMs) <= 1e-6 * Math.max(ownMs, 1), `${ownMs} ${helperMs}`);
    }),
  );
});

void test("a meter follows the rate within a second, and falls while nothing comes", () => {
  const meter = new Meter();
  let now = 0;
  const run = (rate: number, ms: number): void => {
    for (const end = now + ms; now < end; ) {
      now += 10;
      meter.add(now, rate / 100);
    }
  };
  meter.begin(0);
  assert.equal(meter.rate(0), undefined);
  run(1e6, 1_000);
  assert.ok(Math.abs((meter.rate(now) ?? 0) - 1e6) < 1e4);
  run(1e5, 1_000);
  assert.ok((meter.rate(now) ?? 0) < 2e5);
  assert.ok((meter.rate(now + 5_000) ?? 0) < 5e3);
  meter.end(now);
  assert.ok((meter.rate(now + 5_000) ?? 0) > 5e4, "it was not asked, so its silence says nothing");
});
