import { spawn } from "node:child_process";
import { HostError } from "@causeway/kernel";

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  /** Out of time or output: it was killed. */
  readonly isKilled: boolean;
}

export interface ProgramBounds {
  readonly msMax: number;
  readonly bytesMax: number;
}

const inherited = ["PATH", "LD_LIBRARY_PATH"] as const;

/**
 * Runs a program of the system to its end, and kills it when it goes past its bounds.
 * @returns what it wrote, on standard output and error together
 * @throws {HostError} `HOST_MISSING` when there is no such program
 */
export function runProgram(
  file: string,
  args: readonly string[],
  input: string,
  { msMax, bytesMax }: ProgramBounds,
  signal?: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // Settings of a user, as in ~/.digrc, would change what is asked and how it is answered.
    const env = Object.fromEntries(inherited.map((name) => [name, process.env[name]]));
    const child = spawn(file, args, { env: { ...env, LC_ALL: "C" }, stdio: "pipe" });
    let output = "";
    let isKilled = false;
    const kill = (): void => {
      isKilled = true;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(kill, msMax);
    signal?.addEventListener("abort", kill, { once: true });
    const take = (text: string): void => {
      if (output.length + text.length > bytesMax) kill();
      else output += text;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.stdin.on("error", () => undefined); // it may end before it has read all
    child.stdin.end(input);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", kill);
    };
    child.once("error", (cause) => {
      settle();
      const what = `cannot run ${file}: install it (apt-get install bind9-dnsutils).`;
      reject(new HostError("HOST_MISSING", what, { cause }));
    });
    child.once("close", (code) => {
      settle();
      if (signal?.aborted === true) reject(signal.reason as Error);
      else resolve({ code, output, isKilled });
    });
  });
}
