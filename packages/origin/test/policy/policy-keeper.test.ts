import assert from "node:assert/strict";
import { test } from "node:test";
import { noPolicy, type Policy } from "../../src/policy/policy.ts";
import { PolicyKeeper } from "../../src/policy/policy-keeper.ts";

const hour = 3_600_000;

function retiring(host: string, until: number): Policy {
  return { ...noPolicy, retired: [{ host, until }] };
}

test("who follows a policy is told of each change, and when a rule has ended", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const keeper = new PolicyKeeper();
  const told: string[] = [];
  keeper.follow(({ retired }) => told.push(retired.map(({ host }) => host).join()));
  keeper.setOwn(retiring("a", 1_000_000 + 3 * hour));
  keeper.setFile({ version: 1, expires: 1_000_000 + hour, policy: retiring("b", 9_000_000) });
  assert.deepEqual(told, ["a", "a,b"]);
  t.mock.timers.tick(hour);
  assert.equal(told.at(-1), "a");
  t.mock.timers.tick(hour);
  t.mock.timers.tick(hour);
  assert.equal(told.at(-1), "");
  const { length } = told;
  t.mock.timers.tick(99 * hour);
  assert.equal(told.length, length, "of nothing more");
});

test("a keeper that has stopped tells nobody", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const keeper = new PolicyKeeper();
  let told = 0;
  keeper.follow(() => told++);
  keeper.setOwn(retiring("a", 2_000_000));
  keeper.stop();
  t.mock.timers.tick(hour);
  keeper.setOwn(retiring("b", 99_000_000));
  assert.equal(told, 1);
});
