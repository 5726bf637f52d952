import "./node-version.mjs";
import { staticSteps } from "./static-steps.ts";
import { runStep } from "./step.ts";
import { findTests, isSlow, quickGlobs } from "./test-files.ts";
import { runTests } from "./test-run.ts";

// The quick loop: what can be known without slow tests. `npm test` is the whole of it.
const fileMsMax = 60_000; // a file that needs more than seconds is to be called *.slow.test.ts
const quick = findTests(quickGlobs).filter((file) => !isSlow(file));
const results = await Promise.all(staticSteps.map(runStep));
const failed = results.filter((result) => !result.ok).map((result) => result.name);

const outcome = await runTests(quick, fileMsMax, (text) => {
  if (!text.startsWith("ok ")) process.stdout.write(text);
});
process.stdout.write(`${outcome.lines.join("\n")}\n`);
if (outcome.failed.length > 0) failed.push("unit tests");
process.stdout.write(failed.length === 0 ? "all good\n" : `FAILED: ${failed.join(", ")}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
