import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate, story } from "../src/simulate.ts";

const count = 150; // `npm test` runs 2,000
const seedMax = 1_000_000_000;

test("no law is broken in drills of fresh seeds, and each seed replays", async (t) => {
  const from = Number(process.env["SIMULATE_SEED"] ?? Date.now() % seedMax);
  t.diagnostic(`SEED=${from}`);
  let done = 0;
  await simulate({ from, count, step: 1 }, (report) => {
    done++;
    assert.equal(report.broken?.message, undefined, story(report, "", 60));
    return true;
  });
  assert.equal(done, count);
});
