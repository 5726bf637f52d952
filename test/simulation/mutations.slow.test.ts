import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runDrill } from "../../packages/sim/src/drill.ts";
import { root, sourceEnvironment } from "../../tools/checkout.ts";
import foundAt from "./found-at.json" with { type: "json" };
import { copyWith } from "./support/mutated-tree.ts";
import { mutations } from "./support/mutations.ts";
import { yieldToOthers } from "./support/yield.ts";

const options = {
  cwd: root,
  env: sourceEnvironment(),
  encoding: "utf8",
  timeout: 300_000,
} as const;
const seedsMax = 2_000;

yieldToOthers();

for (const mutation of mutations) {
  test(`the simulator finds it when ${mutation.name}`, async (t) => {
    const folder = copyWith(mutation);
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, "packages/sim/src/main.ts");
    const simulate = (...words: readonly string[]): SpawnSyncReturns<string> => {
      return spawnSync(process.execPath, [program, ...words, "--lines=3"], options);
    };
    // Where it was found the last time, to be done soon; else among always the same seeds.
    const last = new Map(Object.entries(foundAt)).get(mutation.name) ?? 1;
    const first = simulate(`--seed=${last}`);
    const { status, stdout, stderr } =
      first.status === 1 ? first : simulate(`--seeds=${seedsMax}`, "--from=1", "--stop");
    assert.equal(status, 1, `${stdout}${stderr}`);
    const [told] = /^SEED=\d+ .*$/m.exec(stdout) ?? [];
    assert.ok(told !== undefined, `${stdout}${stderr}`);
    t.diagnostic(told);
    const { broken } = await runDrill(Number(/\d+/.exec(told)?.[0]));
    assert.equal(broken, undefined, "without the bug it is no better");
  });
}
