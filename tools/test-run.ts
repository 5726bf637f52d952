import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "./checkout.ts";
import { runGroup } from "./process-group.ts";
import { makeScratch, type Scratch } from "./scratch.ts";
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
  readonly counts: ReadonlyMap<string, number>;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

const counted = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"] as const;

// Files wait for deadlines and disks for a third of their time; with two more, floods met machines
// too busy to answer them.
const waiting = 1;

/**
 * Runs each file in its own process, one more at once than there are cores, the slow ones first.
 * A file that is not done in `fileMsMax` is killed with all that it started, and has failed:
 * node:test itself leaves a process with an open handle running for ever.
 */
export async function runTests(
  files: readonly string[],
  fileMsMax: number,
  print: (text: string) => void,
): Promise<TestOutcome> {
  const started = performance.now();
  const queue = files.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)));
  const outcomes: FileOutcome[] = [];
  const reports = mkdtempSync(join(tmpdir(), "causeway-tap-"));
  const scratch = makeScratch();
  const worker = async (number: number): Promise<void> => {
    const report = join(reports, String(number));
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      outcomes.push(await runFile(file, { report, scratch, msMax: fileMsMax, print }));
    }
  };
  const length = availableParallelism() + waiting;
  await Promise.all(Array.from({ length }, (_, index) => worker(index)));
  rmSync(reports, { recursive: true, force: true });
  const lines = counted.map((name) => {
    return `# ${name} ${outcomes.reduce((sum, { counts }) => sum + (counts.get(name) ?? 0), 0)}`;
  });
  lines.push(`# duration_ms ${Math.round(performance.now() - started)}`);
  return {
    lines,
    failed: outcomes.flatMap((outcome) => outcome.failed),
    skipped: outcomes.flatMap((outcome) => outcome.skipped),
  };
}

interface FileRun {
  /** Where its TAP goes. */
  readonly report: string;
  readonly scratch: Scratch;
  readonly msMax: number;
  readonly print: (text: string) => void;
}

/** Prints one line for a file that passed, and the whole story of one that failed. */
async function runFile(
  file: string,
  { report, scratch, msMax, print }: FileRun,
): Promise<FileOutcome> {
  const started = performance.now();
  const options = [
    ...(hasSuites(file) ? [] : [`--import=${import.meta.resolve("./no-async-hooks.mjs")}`]),
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
  ];
  rmSync(report, { force: true });
  const end = await runGroup(process.execPath, [...options, file], msMax, scratch(file));
  const { counts, failed, skipped } = readTap(readIfThere(report), file);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const why = whyNotWhole(end, counts, msMax);
  if (why !== undefined && failed.length === 0) failed.push(`${file}: ${why}`);
  if (failed.length > 0) print(`FAIL ${file} (${why ?? "see below"})\n${end.output.trimEnd()}\n`);
  else print(`ok   ${file} (${counts.get("tests") ?? 0} in ${seconds} s)\n`);
  // A file that failed as a whole is one failed test more, or CI would count none.
  if (why !== undefined) {
    counts.set("tests", (counts.get("tests") ?? 0) + 1);
    counts.set("fail", (counts.get("fail") ?? 0) + 1);
  }
  return { counts, failed, skipped };
}

/** The tests of a suite are found by the hooks that others are spared. */
function hasSuites(file: string): boolean {
  return /\b(?:suite|describe)\(/.test(readFileSync(resolve(root, file), "utf8"));
}

/** What went wrong beside its tests, if anything did. */
function whyNotWhole(
  end: { readonly code: number; readonly timedOut: boolean },
  counts: ReadonlyMap<string, number>,
  msMax: number,
): string | undefined {
  if (end.timedOut) return `killed, as it was not done in ${msMax / 1000} s`;
  if (counts.size === 0) return end.code === 0 ? "holds no test" : "ended before its tests did";
  if (counts.get("tests") === 0) return "holds no test";
  const bad = (counts.get("fail") ?? 0) + (counts.get("cancelled") ?? 0);
  return end.code !== 0 && bad === 0 ? `exit code ${end.code}` : undefined;
}

/** Reads node:test's TAP: one line per test at any depth, the counts at the end. */
function readTap(
  text: string,
  file: string,
): { counts: Map<string, number>; failed: string[]; skipped: string[] } {
  const counts = new Map<string, number>();
  const failed: string[] = [];
  const skipped: string[] = [];
  for (const line of text.split("\n")) {
    const [, not, title = ""] = /^ *(not )?ok \d+ - (.*)$/.exec(line) ?? [];
    if (/ # (?:SKIP|TO[D]O)\b/.test(title)) skipped.push(`${file}: ${title}`);
    else if (not !== undefined) failed.push(`${file}: ${title}`);
    const [, name = "", count] = /^# ([a-z]+) (\d+)$/.exec(line) ?? [];
    if (count !== undefined) counts.set(name, Number(count));
  }
  return { counts, failed, skipped };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // killed before the first line
  }
}
