import assert from "node:assert/strict";
import { test } from "node:test";
import { RetryBudget } from "../src/routes/retry-budget.ts";
import { publish } from "./support/download-fixture.ts";
import { quickDownload, startWorld } from "./support/download-world.ts";
import { noise } from "./support/field.ts";

const patch = publish(noise(6_000_000, 51), { pack: false });

/** Counts what is taken from it. */
class CountedBudget extends RetryBudget {
  taken = 0;

  override take(now: number): void {
    this.taken++;
    super.take(now);
  }
}

void test("the only route breaks off each long answer: it is used, and its failures are paid for", async () => {
  await using world = await startWorld(patch, ["breaks-off"]);
  let version = 0;
  const headers = { get: () => ({ etag: `"${version++}"` }) }; // so that no answer is gone on with
  for (const server of world.servers) Object.defineProperty(server, "headers", headers);
  const msEach = 50;
  const retries = new CountedBudget({ burst: 2, msEach, perSuccess: 0 });
  const start = performance.now();
  await world.download({ retries });
  await world.assertWhole();
  const { lanesPerRoute } = quickDownload;
  // Each with its connection, and one more for the rest.
  const brokenOff = ((world.servers[0]?.connections ?? 0) - lanesPerRoute) / 2;
  assert.ok(brokenOff > 10, `${brokenOff} answers were broken off`);
  // Those that break together are one failure; the first request of all was none.
  const failures = brokenOff / lanesPerRoute;
  assert.ok(retries.taken >= failures - 1, `${retries.taken} retries for ${brokenOff}`);
  const most = 2 + 1 + (performance.now() - start) / msEach;
  assert.ok(retries.taken <= most, `${retries.taken} retries, of ${most}`);
});
