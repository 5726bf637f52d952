import { type ChildProcess, execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "@causeway/kernel";
import { tellHaproxy } from "../edge/runtime-socket.ts";
import type { Log } from "../log.ts";
import type { EdgeProcess } from "./edge-supervisor.ts";

export interface HaproxyStart {
  /** The executable. */
  readonly file: string;
  readonly config: string;
  /** Its runtime socket, as the configuration says. */
  readonly control: string;
  /** Told the number of the process as soon as there is one, and when there is none any more. */
  readonly onProcess: (pid: number | undefined) => void;
  readonly log: Log;
}

const checkMs = 10_000;
const readyMs = 10_000;
const pollMs = 20;
const answerMs = 2_000; // under a flood it answers within a fraction of one
const lineLengthMax = 2_000;
const termGraceMs = 2_000;
/** What it says of each of its proxies when it stops, however well. */
const usualAtStop = /: Proxy \S+ stopped \(cumulated conns/;

/**
 * Starts HAProxy in the foreground, as a child of this process but in a session of its own: a
 * terminal sends Ctrl-C to the whole group, and HAProxy would cut its clients.
 * @throws {HostError} `HOST_IO` it refuses its configuration, ends, or is not ready in ten seconds
 */
export async function startHaproxy(start: HaproxyStart): Promise<EdgeProcess> {
  await check(start);
  const { file, config, control, onProcess, log } = start;
  const child = spawn(file, ["-db", "-f", config], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let isAskedToStop = false;
  const said = new Lines((text) => {
    // What goes to its log comes here a second time, without that.
    const [, level] = /^\[(WARNING|ALERT)\]/.exec(text) ?? [];
    if (level === undefined || (isAskedToStop && usualAtStop.test(text))) return;
    log({ level: level === "ALERT" ? "warn" : "info", event: "edge-said", fields: { text } });
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.add(text));
  const ended = endOf(child);
  onProcess(child.pid);
  void ended.then(() => onProcess(undefined));
  if (!(await isReady(child, control))) {
    child.kill("SIGKILL");
    const how = await ended;
    throw new HostError("HOST_IO", `HAProxy does not start (${how}): ${said.last}`);
  }
  return {
    ended,
    answers: () => answers(control),
    kill: () => void child.kill("SIGKILL"),
    stop: (graceMs) => {
      isAskedToStop = true;
      return stop(child, ended, graceMs);
    },
  };
}

/** @throws {HostError} */
function check({ file, config }: HaproxyStart): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(file, ["-c", "-f", config], { timeout: checkMs }, (cause, _stdout, stderr) => {
      if (cause === null) return resolve();
      const alerts = stderr.split("\n").filter((line) => line.includes("ALERT"));
      const why = (alerts.join(" ") || stderr || cause.message).slice(0, lineLengthMax);
      reject(new HostError("HOST_IO", `${file} refuses its configuration: ${why}`, { cause }));
    });
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (cause) => resolve(cause.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

/** Its own socket has its name a moment after it takes clients. */
async function isReady(child: ChildProcess, control: string): Promise<boolean> {
  for (let waited = 0; waited < readyMs; waited += pollMs) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      return false;
    }
    if (await isHis(control, child.pid)) return true;
    await sleep(pollMs);
  }
  return false;
}

/** One that died has left its socket. */
async function isHis(control: string, pid: number): Promise<boolean> {
  const info = await tellHaproxy(control, "show info").catch(() => "");
  return info.split("\n").includes(`Pid: ${pid}`);
}

async function answers(control: string): Promise<boolean> {
  const info = await tellHaproxy(control, "show info", [], { patienceMs: answerMs }).catch(
    () => "",
  );
  return info !== "";
}

async function stop(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timers = [
    setTimeout(() => child.kill("SIGTERM"), graceMs),
    setTimeout(() => child.kill("SIGKILL"), graceMs + termGraceMs),
  ];
  child.kill("SIGUSR1"); // finish, and take nobody new
  await ended;
  for (const timer of timers) clearTimeout(timer);
}

/** Makes lines of what comes in pieces; a longer one is cut. */
class Lines {
  readonly #onLine: (line: string) => void;
  #rest = "";
  last = "it said nothing";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const [rest = "", ...lines] = `${this.#rest}${text}`.split("\n").toReversed();
    this.#rest = rest.slice(0, lineLengthMax);
    for (const line of lines.toReversed()) {
      if (line === "") continue;
      this.last = line.slice(0, lineLengthMax);
      this.#onLine(this.last);
    }
  }
}
