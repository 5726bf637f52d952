import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runGroup } from "../tools/process-group.ts";

/** What came of one command, or of several in a row. */
export type Measured =
  | { readonly kind: "done"; readonly seconds: number; readonly peakMiB: number }
  | { readonly kind: "not done"; readonly why: string };

const commandMsMax = 100_000; // the slowest peer needs a minute for 126 MB on a quiet machine

/** A user has neither our checkout's settings nor its cache of compiled modules. */
const userSettings = { NODE_OPTIONS: undefined, NODE_COMPILE_CACHE: undefined };

/**
 * Runs a command as a user's shell would, and cuts it off after 100 s. Its memory is the largest
 * resident set of it and of what it starts.
 * @param folder takes a file of GNU time's
 */
export async function measure(command: readonly string[], folder: string): Promise<Measured> {
  const times = join(folder, "times");
  const words = ["-q", "-o", times, "-f", "%M", ...command];
  const started = performance.now();
  const end = await runGroup("time", words, commandMsMax, userSettings);
  const seconds = (performance.now() - started) / 1000;
  if (end.timedOut) return { kind: "not done", why: `cut off after ${commandMsMax / 1000} s` };
  if (end.code !== 0) {
    const last = end.output.trim().split("\n").at(-1) ?? "";
    return { kind: "not done", why: `failed: ${last.replaceAll("|", "/").slice(0, 200)}` };
  }
  return { kind: "done", seconds, peakMiB: Number(readFileSync(times, "utf8")) / 1024 };
}

/** Runs commands in a row, until one fails: all their seconds, the most of their memory. */
export async function measureAll(
  commands: readonly (readonly string[])[],
  folder: string,
): Promise<Measured> {
  let [seconds, peakMiB] = [0, 0];
  for (const command of commands) {
    const measured = await measure(command, folder);
    if (measured.kind === "not done") return measured;
    seconds += measured.seconds;
    peakMiB = Math.max(peakMiB, measured.peakMiB);
  }
  return { kind: "done", seconds, peakMiB };
}
