import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldRefusals } from "../../src/shield/held-refusals.ts";

const bounds = { heldMax: 3, heldMs: { least: 1_000, most: 2_000 }, heldAnswersPerSecond: 1e6 };

test("each is held for a time of its own between the bounds", () => {
  const chances = [0, 0.5, 1];
  const held = new HeldRefusals<object>(bounds, () => chances.shift() ?? 0);
  const [a, b, c] = [{}, {}, {}];
  for (const each of [a, b, c]) assert.ok(held.hold(each, 0));
  assert.deepEqual(held.takeDue(999), []);
  assert.deepEqual(held.takeDue(1_000), [a]);
  assert.deepEqual(held.takeDue(1_999), [b]);
  assert.deepEqual(held.takeDue(2_000), [c]);
  assert.equal(held.count, 0);
});

test("no more are held than the bound, and whoever leaves makes room", () => {
  const held = new HeldRefusals<object>(bounds, () => 0);
  const first = {};
  assert.ok(held.hold(first, 0) && held.hold({}, 0) && held.hold({}, 0));
  assert.equal(held.hold({}, 0), false);
  held.leave(first);
  assert.equal(held.hold({}, 0), true);
  assert.equal(held.count, 3);
});

test("many of them are answered later still, at the rate that is allowed", () => {
  const many = { ...bounds, heldMax: 100, heldAnswersPerSecond: 10 };
  const held = new HeldRefusals<object>(many, () => 0);
  for (let refused = 0; refused < 50; refused++) held.hold({}, 0);
  assert.ok(held.takeDue(1_000).length <= 11);
  for (let at = 1_100; at <= 5_000; at += 100) assert.ok(held.takeDue(at).length <= 1);
  assert.equal(held.count, 0);
  held.hold({}, 60_000);
  assert.equal(held.takeDue(61_000).length, 1, "a rate that was not used is no debt");
});

test("at the end all are let go at once", () => {
  const held = new HeldRefusals<object>(bounds, Math.random);
  held.hold({}, 0);
  held.hold({}, 0);
  assert.equal(held.takeDue(Number.POSITIVE_INFINITY).length, 2);
});
