import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HostError } from "@causeway/kernel";
import { packageFolder } from "../package-folder.ts";

const readyWithinMs = 20_000;
const complaintLengthMax = 2_000;

/** One `causeway serve` of its own, as a route that can really be killed. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    // A second Ctrl-C ends this process at once; the server must not outlive it.
    process.once("exit", this.#killNow);
  }

  /** Resolves when it listens on a free port of 127.0.0.1. */
  static async start(tree: string, signal: AbortSignal): Promise<ServerProcess> {
    const bin = fileURLToPath(new URL("bin/causeway.js", packageFolder));
    const args = ["serve", "--repository", tree, "--host", "127.0.0.1", "--port", "0"];
    const words = [...process.execArgv, bin, ...args, "--workers", "1", "--edge", "off", "--json"];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    try {
      return new ServerProcess(child, await listeningUrl(child, signal));
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  readonly #killNow = (): void => {
    this.#child.kill("SIGKILL");
  };

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    process.off("exit", this.#killNow);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

async function listeningUrl(child: ChildProcess, signal: AbortSignal): Promise<string> {
  if (child.stdout === null) throw new HostError("HOST_IO", "a server has no standard output");
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-complaintLengthMax);
  });
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(readyWithinMs)]);
  const lines = createInterface({ input: child.stdout, signal: deadline });
  for await (const line of lines) {
    const told: unknown = JSON.parse(line);
    if (told instanceof Object && "url" in told && typeof told.url === "string") return told.url;
    throw new HostError("HOST_IO", `a server did not start: ${line}`);
  }
  signal.throwIfAborted();
  const why = complaint === "" ? "" : `:\n${complaint.trimEnd()}`;
  throw new HostError("HOST_IO", `a server ended before it listened${why}`);
}
