import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { sourceEnvironment } from "../../tools/checkout.ts";
import { cores, onCore } from "./pinned.ts";

/** One of our programs that ask, on the load's core until it has told what came of it. */
export class LoadProcess implements Disposable {
  readonly #child: ChildProcess;
  readonly #program: string;
  readonly #onExit = (): void => void this.#child.kill("SIGKILL");

  private constructor(program: string, first: boolean) {
    const file = join(import.meta.dirname, program);
    const [run = "", ...args] = [
      ...(first ? ["nice", "--adjustment=-15"] : []),
      ...onCore(cores.load, [process.execPath, file]),
    ];
    this.#program = program;
    this.#child = spawn(run, args, {
      env: sourceEnvironment(),
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    process.once("exit", this.#onExit);
  }

  /**
   * Starts a program, and waits until it says that it has begun.
   * @param job what it is told first
   * @param first it gets its turn before others on that core: it measures
   */
  static async start(program: string, job: object, first: boolean): Promise<LoadProcess> {
    const process = new LoadProcess(program, first);
    process.#child.send(job);
    await process.#heard();
    return process;
  }

  tell(word: string): void {
    this.#child.send(word);
  }

  /** Ends it. @returns what it has to tell */
  stop(): Promise<unknown> {
    const heard = this.#heard();
    this.tell("stop");
    return heard;
  }

  [Symbol.dispose](): void {
    process.removeListener("exit", this.#onExit);
    this.#child.kill("SIGKILL");
  }

  #heard(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(`${this.#program} ended by itself`));
      this.#child.once("exit", onExit);
      this.#child.once("message", (message) => {
        this.#child.off("exit", onExit);
        resolve(message);
      });
    });
  }
}
