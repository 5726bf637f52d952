import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestOutcome } from "./test-run.ts";

const head = 'import { test } from "node:test";\n';
const files: Readonly<Record<string, string>> = {
  "good.test.ts": `${head}test("good", () => {});\ntest("better", () => {});\n`,
  "bad.test.ts": `${head}test("bad", () => {\n  throw new Error("why it is bad");\n});\n`,
  "skipped.test.ts": `${head}test.skip("left out", () => {});\n`,
  "empty.test.ts": "export const nothing = 1;\n",
  "hung.test.ts": `${head}test("leaves a timer", () => {\n  setInterval(() => {}, 1000);\n});\n`,
  "stubborn.test.ts":
    `${head}process.on("SIGTERM", () => {});\n` +
    'test("ignores a signal", () => new Promise(() => setInterval(() => {}, 1000)));\n',
  "killed.test.ts": `${head}test("dies", () => {\n  process.kill(process.pid, "SIGKILL");\n});\n`,
  "stray.test.ts":
    `${head}test("leaves an error behind", async () => {\n` +
    '  void Promise.reject(new Error("nobody waits for it"));\n' +
    "  await new Promise((resolve) => setTimeout(resolve, 50));\n});\n",
  "suite.test.ts":
    'import assert from "node:assert";\nimport { suite, test } from "node:test";\n' +
    'suite("all at once", { concurrency: 2 }, () => {\n  const met = Promise.withResolvers();\n' +
    '  test("waits", () => met.promise);\n  test("comes", () => met.resolve());\n});\n',
  "broken.test.ts": 'import { missing } from "./nowhere.ts";\nmissing();\n',
};

const program = `
  import { runTests } from ${JSON.stringify(join(import.meta.dirname, "test-run.ts"))};
  const printed = [];
  const outcome = await runTests(process.argv.slice(2), 2000, (text) => printed.push(text));
  process.stdout.write(JSON.stringify({ ...outcome, printed: printed.join("") }));
`;

test("a run tells good from bad, skipped, empty, hung, killed and broken test files", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-run-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  const main = join(folder, "main.ts");
  writeFileSync(main, program);
  const output = execFileSync(process.execPath, [main, ...paths], { encoding: "utf8" });
  const outcome = JSON.parse(output) as TestOutcome & { readonly printed: string };

  const failedFiles = new Set(outcome.failed.map((line) => line.split(":")[0]));
  const expected = ["bad", "broken", "empty", "hung", "killed", "stray", "stubborn"];
  assert.deepEqual(failedFiles, new Set(expected.map((name) => join(folder, `${name}.test.ts`))));
  assert.deepEqual(outcome.skipped, [`${join(folder, "skipped.test.ts")}: left out # SKIP`]);
  assert.match(outcome.printed, /^ok {3}\S+good\.test\.ts \(2 in/m);
  assert.match(outcome.printed, /why it is bad/);
  assert.match(outcome.printed, /nobody waits for it/);
  const counts = Object.fromEntries(outcome.lines.map((line) => line.slice(2).split(" ")));
  assert.equal(counts["skipped"], "1");
  assert.equal(counts["fail"], "7");
});
