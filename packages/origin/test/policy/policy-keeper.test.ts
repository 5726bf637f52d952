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

test("a key that was revoked stays so when what was signed has expired", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const keeper = new PolicyKeeper();
  const policy = { ...retiring("b", 9_000_000), revokedKeys: ["a"] };
  keeper.setFile({ version: 1, expires: 1_000_000 + hour, policy });
  t.mock.timers.tick(hour);
  assert.deepEqual(keeper.inForce, { ...noPolicy, revokedKeys: ["a"] });
  keeper.setOwn({ ...noPolicy, revokedKeys: ["c"] });
  assert.deepEqual(keeper.inForce.revokedKeys, ["c", "a"]);
});

test("what was said for an hour ends after an hour, also when the clock was set back", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clocks = { wall: 100 * hour, steady: 5 };
  const keeper = new PolicyKeeper(
    () => clocks.wall,
    () => clocks.steady,
  );
  const told: number[] = [];
  keeper.follow(({ retired }) => told.push(retired.length));
  keeper.setOwn(retiring("a", clocks.wall + hour));
  clocks.wall -= 24 * hour;
  const pass = (ms: number): void => {
    clocks.wall += ms;
    clocks.steady += ms;
    t.mock.timers.tick(ms);
  };
  pass(hour - 1);
  assert.deepEqual([told, keeper.inForce.retired.length], [[1], 1]);
  pass(1);
  assert.deepEqual([told, keeper.inForce.retired.length], [[1, 0], 0]);
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
