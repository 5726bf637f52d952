import assert from "node:assert/strict";
import { test } from "node:test";
import { attackReserves, Dice, openInWaves, type ReservePlan } from "../src/index.ts";

const plan: ReservePlan = {
  clients: 1_000,
  shards: 16,
  perClient: 2,
  given: 1,
  captured: 1,
  capturedPercent: 5,
};

/** Percent of the machines that were not captured, of twenty drawn fleets. */
function reachedPercent(change: Partial<ReservePlan>): number {
  const dice = new Dice(7);
  const all = Array.from({ length: 20 }, () => {
    return attackReserves({ ...plan, ...change }, dice).reached;
  }).flat();
  return (all.filter(Boolean).length * 100) / all.length;
}

test("of an unsharded list nobody has a route left, of 16 shards a small fleet has and a large one has not", () => {
  assert.equal(reachedPercent({ clients: 20, perClient: 16 }), 0);
  assert.ok(reachedPercent({ clients: 20 }) > 95);
  const middle = reachedPercent({ clients: 100 });
  assert.ok(middle > 60 && middle < 90, `${middle} %`);
  assert.ok(reachedPercent({}) < 5);
  assert.equal(reachedPercent({ clients: 10_000 }), 0);
});

test("neighbours that are given the same, and many shards, save more of a large fleet", () => {
  const customers = { clients: 10_000, given: 100, captured: 100 };
  const byCustomer = reachedPercent(customers);
  assert.ok(byCustomer > 60 && byCustomer < 90, `${byCustomer} %`);
  assert.equal(reachedPercent({ ...customers, captured: 1 }), 0);
  const many = reachedPercent({ clients: 10_000, shards: 1_024 });
  assert.ok(many > 50 && many < 70, `${many} %`);
});

test("an attack is the same for the same seed, captures what it says, and kills what those held", () => {
  const [one, other] = [new Dice(3), new Dice(3)].map((dice) => attackReserves(plan, dice));
  assert.deepEqual(one, other);
  assert.equal(one?.reached.length, 950);
  const alone = attackReserves({ ...plan, clients: 3, capturedPercent: 1 }, new Dice(3));
  assert.deepEqual([alone.seen, alone.reached.length], [2, 2]);
});

test("reserves that are opened one after the other are there for as many times longer, and reach more", () => {
  const wave = { routes: 16, reaction: 15, pause: 5, window: 60 };
  const [together, apart] = [16, 1].map((atOnce) => {
    return openInWaves({ ...wave, atOnce }, 10_000, new Dice(5));
  });
  assert.deepEqual([together?.minutes, apart?.minutes], [15, 240]);
  const share = together?.reachedPerMille ?? 0;
  assert.ok(share > 230 && share < 270, `${share} of 1,000`); // a quarter of an hour
  assert.ok((apart?.reachedPerMille ?? 0) > 990);
});
