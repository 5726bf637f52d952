import assert from "node:assert/strict";
import { getRandomValues } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { DebtTable } from "../../src/shield/debt-table.ts";

const random = (into: Uint32Array): void => void getRandomValues(into);

test("time pays off what is owed, and a rest saves nothing up", () => {
  const table = new DebtTable(1_024, random);
  const key = Buffer.from("a");
  table.charge(key, 300, 1_000);
  table.charge(key, 300, 1_100);
  assert.equal(table.owedMs(key, 1_100), 500);
  assert.equal(table.owedMs(key, 9_000), 0);
  table.charge(key, 10, 9_000);
  assert.equal(table.owedMs(key, 9_000), 10);
});

test("nobody is found to owe less than it does, however many share its slots", () => {
  const charge = fc.record({ key: fc.nat(20), ms: fc.nat(1_000), after: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(charge), (charges) => {
      const table = new DebtTable(4, random);
      const owedUntil = new Map<number, number>();
      let now = 0;
      for (const { key, ms, after } of charges) {
        now += after;
        table.charge(Buffer.from([key]), ms, now);
        owedUntil.set(key, Math.max(owedUntil.get(key) ?? 0, now) + ms);
      }
      for (const [key, until] of owedUntil) {
        assert.ok(table.owedMs(Buffer.from([key]), now) >= until - now);
      }
    }),
  );
});

test("a hundred that owe much make next to nobody else owe", () => {
  const table = new DebtTable(16_384, random);
  for (let busy = 0; busy < 100; busy++) table.charge(Buffer.from(`busy ${busy}`), 60_000, 0);
  let owing = 0;
  for (let quiet = 0; quiet < 10_000; quiet++) {
    if (table.owedMs(Buffer.from(`quiet ${quiet}`), 0) > 0) owing++;
  }
  assert.ok(owing < 10, String(owing)); // (100 / 16,384) squared
});
