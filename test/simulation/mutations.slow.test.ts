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

const options = { cwd: root, env: sourceEnvironment(), encoding: "utf8" } as const;
const seedsMax = 2_000;

yieldToOthers();

for (const mutation of mutations) {
  test(`the simulator finds it when ${mutation.name}`, async (t) => {
    const folder = copyWith(mutation);
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, "packages/sim/src/main.ts");
    const search = (from: number, count: number): SpawnSyncReturns<string> => {
      const words = [`--seeds=${count}`, `--from=${from}`, "--stop", "--lines=3"];
      return spawnSync(process.execPath, [program, ...words], options);
    };
    // Where it was found the last time, to be done soon; else among always the same seeds.
    const last = new Map(Object.entries(foundAt)).get(mutation.name) ?? 1;
    const first = search(last, 1);
    const { status, stdout, stderr } = first.status === 1 ? first : search(1, seedsMax);
    assert.equal(status, 1, `${stdout}${stderr}`);
    const [told] = /^SEED=\d+ .*$/m.exec(stdout) ?? [];
    assert.ok(told !== undefined, `${stdout}${stderr}`);
    t.diagnostic(told);
    const { broken } = await runDrill(Number(/\d+/.exec(told)?.[0]));
    assert.equal(broken, undefined, "without the bug it is no better");
  });
}
