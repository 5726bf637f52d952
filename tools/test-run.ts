import { availableParallelism } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { root, sourceEnvironment } from "./step.ts";
import { isSlow } from "./test-files.ts";

/** What became of a run. */
export interface TestOutcome {
  /** `# tests 12`, `# pass 12`, … in the words in which TAP ends: CI reads them. */
  readonly lines: readonly string[];
  /** `file: test` for each that failed. */
  readonly failed: readonly string[];
  /** `file: test` for each that was skipped or marked as to do. */
  readonly skipped: readonly string[];
}

interface FileOutcome {
  readonly counts: Readonly<Record<string, number>>;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

const counted = ["tests", "suites", "passed", "failed", "cancelled", "skipped", "todo"] as const;
const tapNames: Readonly<Record<string, string>> = { passed: "pass", failed: "fail" };

/**
 * Runs each file in its own process, as many at once as there are cores, the slow ones first.
 * A file that is not done in `fileMsMax` is killed and has failed: node:test itself leaves a
 * process with an open handle running for ever.
 */
export async function runTests(
  files: readonly string[],
  fileMsMax: number,
  print: (text: string) => void,
): Promise<TestOutcome> {
  Object.assign(process.env, sourceEnvironment());
  const started = performance.now();
  const queue = files.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)));
  const outcomes: FileOutcome[] = [];
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      outcomes.push(await runFile(file, fileMsMax, print));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const lines = counted.map((name) => {
    const sum = outcomes.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);
    return `# ${tapNames[name] ?? name} ${sum}`;
  });
  lines.push(`# duration_ms ${Math.round(performance.now() - started)}`);
  return {
    lines,
    failed: outcomes.flatMap((outcome) => outcome.failed),
    skipped: outcomes.flatMap((outcome) => outcome.skipped),
  };
}

/** Prints one line for a file that passed, and the whole story of one that failed. */
async function runFile(
  file: string,
  msMax: number,
  print: (text: string) => void,
): Promise<FileOutcome> {
  const failed: string[] = [];
  const skipped: string[] = [];
  let counts: Readonly<Record<string, number>> = {};
  let ranTests = false;
  const started = performance.now();
  const stream = run({ cwd: root, files: [file], signal: AbortSignal.timeout(msMax) });
  stream.on("test:pass", ({ name, skip, todo }) => {
    if (skip !== undefined || todo !== undefined) skipped.push(`${file}: ${name}`);
  });
  stream.on("test:fail", ({ name }) => failed.push(`${file}: ${name}`));
  stream.on("test:summary", (summary) => {
    // One comes from the file's process, and one without a name from the run around it.
    if (summary.file !== undefined) ranTests = true;
    else counts = { ...summary.counts };
  });
  const parts: string[] = [];
  for await (const part of stream.compose(new spec())) parts.push(String(part));
  if (failed.length === 0 && !ranTests) failed.push(`${file}: holds no test`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (failed.length > 0) print(`FAIL ${file}\n${parts.join("")}\n`);
  else print(`ok   ${file} (${counts["tests"] ?? 0} in ${seconds} s)\n`);
  return { counts, failed, skipped };
}
