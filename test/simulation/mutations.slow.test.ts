import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, sourceEnvironment } from "../../tools/checkout.ts";
import { copyWith } from "./support/mutated-tree.ts";
import { mutations } from "./support/mutations.ts";

const simulator = join(root, "packages/sim/src/main.ts");
const options = { cwd: root, env: sourceEnvironment(), encoding: "utf8" } as const;
const seedsMax = 2_000;

for (const mutation of mutations) {
  test(`the simulator finds it when ${mutation.name}`, (t) => {
    const folder = copyWith(mutation);
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    // Always the same seeds, so that a bug which is found today is found tomorrow.
    const words = [`--seeds=${seedsMax}`, "--from=1", "--stop", "--lines=3"];
    const program = join(folder, "packages/sim/src/main.ts");
    const run = spawnSync(process.execPath, [program, ...words], options);
    const { status, stdout, stderr } = run;
    assert.equal(status, 1, `${stdout}${stderr}`);
    const [told] = /^SEED=\d+ .*$/m.exec(stdout) ?? [];
    assert.ok(told !== undefined, `${stdout}${stderr}`);
    t.diagnostic(told);
    const seed = /\d+/.exec(told)?.[0];
    const whole = spawnSync(process.execPath, [simulator, `--seed=${seed}`], options);
    assert.equal(whole.status, 0, `without the bug it is no better: ${whole.stdout}`);
  });
}
