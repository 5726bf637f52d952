import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { untilListening } from "../../test/support/listening.ts";
import { sourceEnvironment } from "../../tools/checkout.ts";
import { cpuSeconds } from "./process-tree.ts";

/** Who serves and who asks take nothing from each other. */
export const cores = { server: 0, load: 1 } as const;

/** What `taskset` needs to run a command on one core alone. */
export function onCore(core: number, command: readonly string[]): readonly string[] {
  return ["taskset", "--cpu-list", String(core), ...command];
}

/** A server that runs on the servers' core until it is disposed of. */
export class PinnedServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #onExit = (): void => void this.#child.kill("SIGKILL");

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    process.once("exit", this.#onExit);
  }

  /** Starts `command` and waits until it listens on `port` of loopback. */
  static async start(command: readonly string[], port: number): Promise<PinnedServer> {
    const [file = "", ...args] = onCore(cores.server, command);
    const child = spawn(file, args, {
      env: sourceEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2_000);
    });
    const server = new PinnedServer(child, port);
    try {
      await untilListening(port);
    } catch (cause) {
      await server[Symbol.asyncDispose]();
      throw new Error(`${command.join(" ")} does not listen: ${said}`, { cause });
    }
    return server;
  }

  /** Seconds of CPU that it and what it started have used so far. */
  get cpuSeconds(): number {
    return this.#child.pid === undefined ? 0 : cpuSeconds(this.#child.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener("exit", this.#onExit);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(timer);
  }
}
