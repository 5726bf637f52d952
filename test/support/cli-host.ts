import { createRequire } from "node:module";
import { setImmediate, setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Ended } from "./cli.ts";

// Runs the command lines that it is sent one after the other. Each sees the folder, environment and
// streams that a process of its own would; what loads the program is paid once.

/** One command line, as `causeway ARGS` would be called. */
export interface HostedRun {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const leftMsMax = 20_000;

const bin = process.argv[2] ?? "";
const program = pathToFileURL(createRequire(bin).resolve("causeway/main")).href;
const { main } = (await import(program)) as typeof import("causeway/main");

const ours = process.getActiveResourcesInfo().length + 1; // the channel, once somebody listens

process.on("message", async (run: HostedRun) => process.send?.(await hosted(run)));
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function hosted({ args, cwd, env }: HostedRun): Promise<Ended> {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  const stdout = captured(process.stdout);
  const stderr = captured(process.stderr);
  const code = await main(args);
  await untilNothingIsLeft();
  process.stdout.removeAllListeners("error"); // a process of its own has one of them, not one a run
  return { code, signal: null, stdout: stdout(), stderr: stderr() };
}

/** A process of its own would not end before that either. */
async function untilNothingIsLeft(): Promise<void> {
  const end = performance.now() + leftMsMax;
  await setImmediate(); // an error that nobody waits for ends the process first
  for (;;) {
    const left = process.getActiveResourcesInfo();
    if (left.length <= ours) return;
    if (performance.now() > end) throw new Error(`left behind: ${left.join(", ")}`);
    await setTimeout(5);
  }
}

/** @returns what is written from now on, when it is asked for */
function captured(stream: NodeJS.WriteStream): () => string {
  let text = "";
  stream.write = (part: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    text += typeof part === "string" ? part : Buffer.from(part).toString();
    const done = rest.findLast((each) => typeof each === "function");
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  return () => text;
}
