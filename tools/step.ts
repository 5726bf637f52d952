import { spawn } from "node:child_process";
import { delimiter, resolve } from "node:path";

/** The checkout's folder. */
export const root = resolve(import.meta.dirname, "..");

/** One command of the house, as a line of the summary. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What to type when it fails and the output does not say. */
  readonly repair?: string;
}

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** What the command printed, both streams in the order of arrival. */
  readonly output: string;
}

const stepMinutesMax = 5; // the slowest takes seconds; a hung one must not eat CI's 20 minutes

/** The environment of every child: our own tools and Node.js first, packages run from source. */
export function sourceEnvironment(): NodeJS.ProcessEnv {
  const bin = resolve(root, "node_modules/.bin");
  return {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    NODE_OPTIONS: "--conditions=causeway-source",
  };
}

/** Runs one step to its end and prints its line. A failed step's output follows it. */
export async function runStep(step: Step): Promise<StepResult> {
  const started = performance.now();
  const { code, output } = await capture(step.command);
  const seconds = (performance.now() - started) / 1000;
  const ok = code === 0;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${step.name.padEnd(12)} ${seconds.toFixed(1)} s\n`);
  if (!ok) {
    process.stdout.write(`${output.trimEnd()}\n`);
    if (step.repair !== undefined) process.stdout.write(`     to repair: ${step.repair}\n`);
  }
  return { name: step.name, ok, seconds, output };
}

/** The result of a command that could not be started has code -1. */
export function capture(
  command: readonly [string, ...string[]],
): Promise<{ readonly code: number; readonly output: string }> {
  const [file, ...args] = command;
  const parts: Buffer[] = [];
  const done = Promise.withResolvers<{ code: number; output: string }>();
  const child = spawn(file, args, {
    cwd: root,
    env: { ...sourceEnvironment(), NO_COLOR: "1" }, // what is kept may end in a log
    stdio: ["ignore", "pipe", "pipe"],
    timeout: stepMinutesMax * 60_000,
  });
  child.stdout.on("data", (bytes: Buffer) => parts.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => parts.push(bytes));
  child.on("error", (error) => done.resolve({ code: -1, output: `${file}: ${error.message}` }));
  child.on("close", (code, signal) => {
    const end = signal === null ? "" : `\nended by ${signal}`;
    done.resolve({ code: code ?? -1, output: Buffer.concat(parts).toString("utf8") + end });
  });
  return done.promise;
}
