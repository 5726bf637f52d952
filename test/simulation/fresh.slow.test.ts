import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { root, sourceEnvironment } from "../../tools/checkout.ts";
import { yieldToOthers } from "./support/yield.ts";

const seedMax = 1_000_000_000;

yieldToOthers();

test("no law is broken in 500 drills of fresh seeds", (t) => {
  const from = Number(process.env["SIMULATE_SEED"] ?? Date.now() % seedMax);
  t.diagnostic(`SEED=${from}; to repeat it: SIMULATE_SEED=${from} npm test`);
  const program = join(root, "packages/sim/src/main.ts");
  const run = spawnSync(process.execPath, [program, "--seeds=500", `--from=${from}`], {
    cwd: root,
    env: sourceEnvironment(),
    encoding: "utf8",
  });
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
});
