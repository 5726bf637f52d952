import { execFileSync, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { type Arguments, readArguments, usage } from "./arguments.ts";
import type { DrillReport } from "./drill.ts";
import { simulate, story } from "./simulate.ts";

const seedMax = 1_000_000_000;
const silenceMsMax = 120_000; // of a process that runs drills: it hangs, and virtual time cannot tell

/** Runs the drills in this process; each that ended is one line on standard output. */
async function work({ from, seeds, step, stop, lines }: Arguments): Promise<number> {
  let failed = 0;
  let current = from;
  const id = commit();
  process.once("unhandledRejection", (error) => {
    const text = `nobody handled ${error instanceof Error ? error.stack : String(error)}`;
    process.stdout.write(`SEED=${current} COMMIT=${id} ${text}\nFAILED ${current}\n`);
    process.exitCode = 1;
    process.exit();
  });
  const onDone = (report: DrillReport): boolean => {
    if (report.broken === undefined) {
      process.stdout.write(`ok ${report.seed}\n`);
      return true;
    }
    failed++;
    process.stdout.write(`${story(report, id, lines)}FAILED ${report.seed}\n`);
    return !stop;
  };
  await simulate({ from, count: seeds, step }, onDone, (seed) => {
    current = seed;
  });
  return failed === 0 ? 0 : 1;
}

interface Worker {
  readonly done: Promise<boolean>;
  stop(): void;
}

/** A process that runs every so many of the seeds. `onText` gets all but the lines of success. */
function startWorker(asked: Arguments, index: number, onText: (text: string) => void): Worker {
  const { from, seeds, jobs, stop, lines } = asked;
  const words = [
    "--jobs=1",
    `--from=${from + index}`,
    `--seeds=${seeds - index}`,
    `--step=${jobs}`,
    `--lines=${lines}`,
    ...(stop ? ["--stop"] : []),
  ];
  const child = spawn(process.execPath, [import.meta.filename, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = "none";
  let silence = setTimeout(kill, silenceMsMax);
  function kill(): void {
    onText(`a drill after seed ${last} hangs without an event, step ${jobs}\n`);
    child.kill("SIGKILL");
  }
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    clearTimeout(silence);
    silence = setTimeout(kill, silenceMsMax);
    const all = (rest + text).split("\n");
    rest = all.pop() ?? "";
    for (const line of all) {
      last = /^(?:ok|FAILED) (\d+)$/.exec(line)?.[1] ?? last;
      if (!line.startsWith("ok ")) onText(`${line}\n`);
    }
  });
  const done = new Promise<boolean>((resolve) => {
    child.on("close", (code) => {
      clearTimeout(silence);
      resolve(code === 0);
    });
  });
  return { done, stop: () => void child.kill() };
}

async function main(): Promise<number> {
  const fresh = Date.now() % seedMax;
  const asked = readArguments(process.argv.slice(2), fresh, availableParallelism());
  if (asked.jobs === 1) return await work(asked);
  const began = performance.now();
  process.stdout.write(`${asked.seeds} drills from SEED=${asked.from} COMMIT=${commit()}\n`);
  const print = (text: string): void => void process.stdout.write(text);
  const jobs = Math.min(asked.jobs, asked.seeds);
  const shared = { ...asked, jobs };
  const workers = Array.from({ length: jobs }, (_, index) => startWorker(shared, index, print));
  const results = workers.map(async (worker) => {
    const good = await worker.done;
    if (!good && asked.stop) for (const other of workers) other.stop();
    return good;
  });
  const good = (await Promise.all(results)).every(Boolean);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  print(
    good ? `all laws held in ${asked.seeds} drills, ${seconds} s\n` : `FAILED in ${seconds} s\n`,
  );
  return good ? 0 : 1;
}

function commit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  } catch {
    return "unknown";
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Error) || !("code" in error)) throw error;
  process.stderr.write(`${error.message}\n${usage}`);
  process.exitCode = 2;
}
