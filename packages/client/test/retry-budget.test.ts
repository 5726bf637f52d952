import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { folderStore } from "../src/node/index.ts";
import { RetryBudget } from "../src/routes/retry-budget.ts";
import { publish } from "./support/download-fixture.ts";
import { quickDownload, startWorld } from "./support/download-world.ts";
import { noise } from "./support/field.ts";

const limits = { burst: 4, msEach: 500, perSuccess: 0.1 };

/** Takes as many as are to be had until `end`. @returns when each began */
function spend(budget: RetryBudget, from: number, end: number): number[] {
  const began: number[] = [];
  for (let now = from; now < end; now += Math.max(1, budget.waitMs(now))) {
    if (budget.waitMs(now) > 0) continue;
    budget.take(now);
    began.push(now);
  }
  return began;
}

test("retries come in a burst, and then one by one", () => {
  assert.deepEqual(spend(new RetryBudget(limits), 0, 1_600), [0, 1, 2, 3, 500, 1_000, 1_500]);
});

test("a tenth of what succeeds may be tried again at once", () => {
  const budget = new RetryBudget(limits);
  spend(budget, 0, 10);
  for (let count = 0; count < 21; count++) budget.succeeded();
  assert.equal(spend(budget, 10, 20).length, 2);
});

test("whatever happens, retries stay within the budget, and none waits for ever", () => {
  const act = fc.oneof(
    fc.record({ waited: fc.integer({ min: -1_000, max: 100_000 }) }),
    fc.constant("succeeded" as const),
    fc.constant("retry" as const),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const budget = new RetryBudget(limits);
      let now = 0;
      let [passed, successes, retries] = [0, 0, 0];
      for (const each of acts) {
        if (each === "succeeded") {
          budget.succeeded();
          successes++;
        } else if (each === "retry") {
          if (budget.waitMs(now) === 0) retries++;
          budget.take(now);
        } else {
          now += each.waited; // another client's clock may be behind
          passed += Math.abs(each.waited);
        }
        assert.ok(budget.waitMs(now) <= 2 * limits.msEach);
      }
      const most = limits.burst + passed / limits.msEach + successes * limits.perSuccess;
      assert.ok(retries <= most + 1e-6, `${retries} of ${most}`);
    }),
  );
});

test("downloads that share a budget retry as one", async () => {
  await using world = await startWorld(publish(noise(300_000, 9)), ["resets"]);
  const msEach = 200;
  const retries = new RetryBudget({ burst: 3, msEach, perSuccess: 0 });
  const hasty = { ...quickDownload, backoffMs: { base: 1, max: 2 } };
  const start = performance.now();
  const names = ["a", "b", "c"];
  await Promise.all(
    names.map(async (name) => {
      const output = { store: folderStore(world.folder), name };
      await assert.rejects(world.download({ output, retries, limits: hasty }));
    }),
  );
  const most = 3 + (performance.now() - start) / msEach;
  const count = (world.servers[0]?.connections ?? 0) - names.length;
  // A reset connection is tried once more at once, once for each download.
  assert.ok(count <= most + names.length, `${count} retries of ${most}`);
  assert.ok(count > 6, "each has its turn");
});
