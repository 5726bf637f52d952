import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { entrancesFor, entrancesPerTicket } from "../../src/shield/entrance-choice.ts";

const ports = Array.from({ length: 8 }, (_, at) => 9001 + at);
const machines = Array.from({ length: 4_000 }, (_, at) => `machine-${at}`);
const all = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 64 });

test("a machine is always told of the same two entrances", () => {
  fc.assert(
    fc.property(fc.string(), all, (sub, listed) => {
      const told = entrancesFor(sub, listed);
      assert.equal(new Set(told).size, Math.min(entrancesPerTicket, listed.length));
      assert.ok(told.every((port) => listed.includes(port)));
      assert.deepEqual(entrancesFor(sub, listed), told);
    }),
  );
});

test("every pair is told to its share of machines, and each entrance comes first for its own", () => {
  const pairs = new Map<string, number>();
  const firsts = new Map<number | undefined, number>();
  for (const sub of machines) {
    const told = entrancesFor(sub, ports);
    const pair = told.toSorted((a, b) => a - b).join(" ");
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    firsts.set(told[0], (firsts.get(told[0]) ?? 0) + 1);
  }
  assert.equal(pairs.size, 28); // of eight, two
  for (const count of pairs.values()) assert.ok(count > 80 && count < 220, String(count));
  for (const count of firsts.values()) assert.ok(count > 400 && count < 600, String(count));
});

test("when an entrance is replaced, those are told of the new one who had the old one", () => {
  const after = ports.map((port) => (port === 9003 ? 9010 : port));
  for (const sub of machines) {
    const before = entrancesFor(sub, ports);
    const expected = before.map((port) => (port === 9003 ? 9010 : port));
    assert.deepEqual(entrancesFor(sub, after), expected);
  }
});

test("when one is added, nobody is told of another that was there before", () => {
  for (const sub of machines) {
    const added = entrancesFor(sub, [...ports, 9010]).filter((port) => port !== 9010);
    assert.ok(added.every((port) => entrancesFor(sub, ports).includes(port)));
  }
});
