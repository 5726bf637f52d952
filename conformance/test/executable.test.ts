import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TestRepository } from "../../packages/trust/test/support/test-repository.ts";

const executable = join(import.meta.dirname, "..", "causeway-conformance");

test("the executable runs from any folder, through a link, with its own Node.js", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-conformance-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { firstRoot } = new TestRepository();
  writeFileSync(join(folder, "initial.json"), firstRoot);
  symlinkSync(executable, join(folder, "client"));
  const env = { PATH: "/usr/bin:/bin" };
  const options = { cwd: folder, env, encoding: "utf8" } as const;
  const args = ["--metadata-dir", join(folder, "metadata"), "init", "initial.json"];
  const { status, stderr } = spawnSync(join(folder, "client"), args, options);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.deepEqual(readFileSync(join(folder, "metadata", "root.json")), firstRoot);
  const wrong = spawnSync(join(folder, "client"), ["nonsense"], options);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /--metadata-dir is missing/);
});
