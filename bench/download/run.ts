import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { userEnvironment } from "../../tools/pack.ts";
import { within } from "./network.ts";
import type { RouteServers } from "./servers.ts";

/** What one process did. */
export interface Ran {
  /** From its start to its end. */
  readonly seconds: number;
  /** Until the first bytes of the file came; its whole time when none did. */
  readonly startSeconds: number;
  /** Bytes of payload that were sent to it. */
  readonly received: number;
  /** -1 when it was killed. */
  readonly code: number;
  /** It was killed because it took too long. */
  readonly tooLong: boolean;
  /** User and system; undefined when it was killed. */
  readonly cpuSeconds: number | undefined;
  readonly residentMiB: number | undefined;
  readonly output: string;
}

/** Where a run stands, for who changes the network under it, or kills it. */
export interface Moment {
  readonly ms: number;
  /** Since the first bytes of the file came; undefined before. */
  readonly fileMs: number | undefined;
  readonly received: number;
}

const pollMs = 10;
const firstBytes = 400_000; // more than all metadata, and the chunk index, over four routes

/**
 * Runs a command in the client's namespace, as a user's shell would.
 * @param watch is called every 10 ms; "kill" ends the run as kill -9 does
 */
export async function runProgram(
  place: {
    readonly namespace: string;
    readonly folder: string;
    readonly servers: readonly RouteServers[];
  },
  command: readonly string[],
  secondsMax: number,
  watch: (moment: Moment) => "kill" | undefined = () => undefined,
): Promise<Ran> {
  const times = join(place.folder, "times");
  const timed = ["/usr/bin/time", "-q", "-o", times, "-f", "%U %S %M", ...command];
  const [file = "", ...args] = within(place.namespace, ...timed);
  const sent = (): number => place.servers.reduce((sum, each) => sum + each.sent, 0);
  const before = sent();
  const start = performance.now();
  const child = spawn(file, args, {
    cwd: place.folder,
    env: userEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a group of its own, to be killed with all that it started
  });
  const ended = outcome(child, start);
  let startMs: number | undefined;
  let [killed, tooLong] = [false, false];
  for (;;) {
    const ms = performance.now() - start;
    const received = sent() - before;
    if (received >= firstBytes) startMs ??= ms;
    const fileMs = startMs === undefined ? undefined : ms - startMs;
    tooLong = ms > secondsMax * 1000;
    if (tooLong || watch({ ms, fileMs, received }) === "kill") {
      killed = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      break;
    }
    if ((await Promise.race([ended, sleep(pollMs)])) !== undefined) break;
  }
  const { ms, code, output } = await ended;
  const [user, system, kilobytes] = killed ? [] : timesIn(times);
  return {
    seconds: ms / 1000,
    startSeconds: (startMs ?? ms) / 1000,
    received: sent() - before,
    code,
    tooLong,
    cpuSeconds: user === undefined ? undefined : user + (system ?? 0),
    residentMiB: kilobytes === undefined ? undefined : kilobytes / 1024,
    output,
  };
}

interface Outcome {
  readonly ms: number;
  readonly code: number;
  readonly output: string;
}

function outcome(child: ChildProcess, start: number): Promise<Outcome> {
  let output = "";
  const keep = (bytes: Buffer): void => {
    if (output.length < 100_000) output += bytes.toString("utf8");
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  let ms = 0;
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => {
      ms = performance.now() - start;
    });
    child.on("close", (code) => resolve({ ms, code: code ?? -1, output }));
  });
}

function timesIn(file: string): readonly number[] {
  const last = readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
  return last.split(" ").map(Number);
}
