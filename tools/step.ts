import { runGroup } from "./process-group.ts";

/** One command of the house, as a line of the summary. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What to type when it fails and the output does not say. */
  readonly repair?: string;
}

const stepMsMax = 5 * 60_000; // the slowest takes seconds; a hung one must not eat CI's 20 minutes

/** Runs one step to its end and prints its line. A failed step's output follows it. */
export async function runStep(
  step: Step,
): Promise<{ readonly name: string; readonly ok: boolean }> {
  const started = performance.now();
  const [file, ...args] = step.command;
  const { code, output } = await runGroup(file, args, stepMsMax, { NO_COLOR: "1" });
  const seconds = (performance.now() - started) / 1000;
  const ok = code === 0;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${step.name.padEnd(12)} ${seconds.toFixed(1)} s\n`);
  if (!ok) {
    process.stdout.write(`${output.trimEnd()}\n`);
    if (step.repair !== undefined) process.stdout.write(`     to repair: ${step.repair}\n`);
  }
  return { name: step.name, ok };
}
