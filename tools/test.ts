import "./node-version.mjs";
import { shippedFolder } from "./shipped.ts";
import { staticSteps } from "./static-steps.ts";
import { runStep } from "./step.ts";
import { installSystemPackages } from "./system-packages.ts";
import { findTests, testGlobs } from "./test-files.ts";
import { runTests } from "./test-run.ts";

// Everything, in the order in which a failure is cheapest to find. All of it runs even when an
// early part fails: one look at a CI run shows all that is wrong.
const strict = process.env["CI"] === "true";
const fileMsMax = 10 * 60_000; // the slowest, 35 mutations, take one when alone; CI has 20 for all
const failures: string[] = [];
const print = (text: string): void => void process.stdout.write(text);
const list = (names: readonly string[]): string => names.map((name) => `     ${name}\n`).join("");

const missing = await installSystemPackages();
if (missing.length > 0) {
  print(`!!!! tests that need these will be skipped:\n${list(missing)}`);
  if (strict) failures.push("system packages");
}

// Packed by a process of its own, while the static steps have their turn.
const packing = runStep({ name: "pack", command: ["node", "tools/shipped.ts"] });
for (const step of staticSteps) {
  const result = await runStep(step);
  if (!result.ok) failures.push(step.name);
}
if (!(await packing).ok) failures.push("pack");

process.env["CAUSEWAY_TEST_SHIPPED"] = shippedFolder;
const outcome = await runTests(findTests(testGlobs), fileMsMax, print);
if (outcome.skipped.length > 0) {
  print(`\n!!!! skipped:\n${list(outcome.skipped)}`);
  if (strict) failures.push("skipped tests (with CI=true there may be none)");
}
if (outcome.failed.length > 0) {
  print(`\nfailed:\n${list(outcome.failed)}`);
  failures.push("tests");
}

print(`\n${outcome.lines.join("\n")}\n`);
print(failures.length === 0 ? "all good\n" : `FAILED: ${failures.join(", ")}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
