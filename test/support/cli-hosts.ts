import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import type { Ended } from "./cli.ts";
import type { HostedRun } from "./cli-host.ts";

/**
 * Processes that run command lines and stay for the next. To start one takes most of a second of a
 * processor, and what most commands of a test then do takes some hundredths.
 */
export class CliHosts {
  readonly #bin: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #idle: ChildProcess[] = [];

  /** @param bin the program that a user starts */
  constructor(bin: string, env: NodeJS.ProcessEnv) {
    this.#bin = bin;
    this.#env = env;
  }

  /** Runs one to its end; several at once have a process each. */
  async run(run: HostedRun): Promise<Ended> {
    const host = this.#idle.pop() ?? (await this.#start());
    setRef(host, true);
    const answered = answerOf(host);
    host.send(run);
    const end = (await answered) as Ended;
    setRef(host, false);
    this.#idle.push(host);
    return end;
  }

  async #start(): Promise<ChildProcess> {
    const script = path.join(import.meta.dirname, "cli-host.ts");
    const host = fork(script, [this.#bin], {
      execArgv: [],
      env: this.#env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await answerOf(host);
    return host;
  }
}

/** Whether the test's process waits for it before it ends. */
function setRef(host: ChildProcess, yes: boolean): void {
  for (const each of [host, host.channel]) {
    if (yes) each?.ref();
    else each?.unref();
  }
}

/** What it says next. */
function answerOf(host: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const died = (code: number | null): void => reject(new Error(`it ended with ${code}; see above`));
  host.once("exit", died);
  host.once("message", (message) => {
    host.off("exit", died);
    resolve(message);
  });
  return promise;
}
