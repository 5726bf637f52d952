import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { TestAuthority } from "../certificate.ts";
import { metricOf } from "../metrics.ts";
import { checkLogLine } from "./log-lines.ts";
import type { Site } from "./site.ts";
import type { Ports } from "./visit.ts";

const roundsMax = 600; // 60 s: far beyond all time-outs of the server, however busy this machine is

/** Bytes and handles that the server holds after a collection. */
export interface Held {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  readonly handles: number;
}

/** The server in its own process. */
export interface FuzzedServer {
  readonly ports: Ports;
  /** Lines of its log until now. @throws {Error} what was wrong with one, or how it died */
  check(): number;
  /** Waits until no connection is open. */
  settle(): Promise<void>;
  held(): Promise<Held>;
  stop(): Promise<void>;
}

/** Starts it; `after` is told what to do at the end. */
export async function startFuzzed(
  site: Site,
  after: (clean: () => void) => void,
): Promise<FuzzedServer> {
  const authority = new TestAuthority({ after });
  const { certFile, keyFile } = authority.files;
  const child = fork(
    new URL("./fuzzed-process.ts", import.meta.url),
    [site.repository.tree, certFile, keyFile],
    { execArgv: [...process.execArgv, "--expose-gc"], stdio: ["ignore", "inherit", "pipe", "ipc"] },
  );
  after(() => void child.kill("SIGKILL"));
  const { plain, tls, adminUrl } = await message<{ plain: number; tls: number; adminUrl: string }>(
    child,
  );
  let trouble: Error | undefined;
  let lines = 0;
  child.once("exit", (code, signal) => {
    if (!stopping) trouble ??= new Error(`the server ended with ${code ?? signal}`);
  });
  let stopping = false;
  createInterface({ input: child.stderr ?? process.stdin }).on("line", (line) => {
    lines++;
    try {
      checkLogLine(line);
    } catch (error) {
      trouble ??= error as Error;
    }
  });
  const check = (): number => {
    if (trouble !== undefined) throw trouble;
    return lines;
  };
  return {
    ports: { plain, tls, ca: authority.ca },
    check,
    settle: async () => {
      for (let round = 0; round < roundsMax; round++) {
        check();
        const open = await metricOf({ adminUrl }, "connections");
        if (open + (await metricOf({ adminUrl }, "tls_handshakes_under_way")) === 0) return;
        await sleep(100);
      }
      throw new Error("connections hang");
    },
    held: async () => {
      child.send("tell");
      return message<Held>(child);
    },
    stop: async () => {
      stopping = true;
      const ended = once(child, "exit");
      child.send("stop");
      await ended;
    },
  };
}

async function message<Kind>(child: ChildProcess): Promise<Kind> {
  const [first] = (await once(child, "message")) as [Kind];
  return first;
}
