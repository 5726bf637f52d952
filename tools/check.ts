import "./node-version.mjs";
import { staticSteps } from "./static-steps.ts";
import { runStep, type Step } from "./step.ts";
import { findTests, isSlow, quickGlobs } from "./test-files.ts";

// The loop of seconds: what can be known without slow tests. `npm test` is the whole of it.
// One process for all test files: starting Node.js for each costs more than most of them take.
const quick = findTests(quickGlobs).filter((file) => !isSlow(file));
const tests: Step = {
  name: "unit tests",
  command: [
    "node",
    "--test",
    "--test-isolation=none",
    "--test-reporter=dot",
    "--test-timeout=60000",
    ...quick,
  ],
  repair: "npm test shows each failure in full",
};
const results = await Promise.all([...staticSteps, tests].map(runStep));
const failed = results.filter((result) => !result.ok).map((result) => result.name);
process.stdout.write(failed.length === 0 ? "all good\n" : `FAILED: ${failed.join(", ")}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
