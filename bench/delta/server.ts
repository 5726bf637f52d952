import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, untilListening } from "../../test/support/listening.ts";

/** What was sent to a client, without the heads of the answers. */
export interface Sent {
  readonly requests: number;
  readonly bytes: number;
}

const settleMs = 200; // nginx logs an answer a moment after the client has all of it

/** Debian's nginx on loopback: it knows requests for several ranges, which zsync makes. */
export class Server implements AsyncDisposable {
  /** Of the folder; ends in a slash. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #onExit = (): void => void this.#child.kill();
  #seen = 0;

  private constructor(url: string, child: ChildProcess, log: string) {
    this.url = url;
    this.#child = child;
    this.#log = log;
    process.once("exit", this.#onExit);
  }

  /** Serves `folder`, and keeps its own files in `own`. */
  static async start(folder: string, own: string): Promise<Server> {
    const port = await freePort();
    const at = (name: string): string => join(own, name);
    const configuration = [
      "daemon off; user root; worker_processes 1;",
      `pid ${at("pid")}; error_log ${at("error.log")};`,
      "events { worker_connections 512; }",
      "http {",
      '  log_format sent "$body_bytes_sent";',
      `  access_log ${at("access.log")} sent;`,
      "  sendfile on; tcp_nopush on; keepalive_requests 100000;",
      `  server { listen 127.0.0.1:${port}; root ${folder}; }`,
      "}",
      "",
    ];
    writeFileSync(at("nginx.conf"), configuration.join("\n"));
    const child = spawn("nginx", ["-c", at("nginx.conf"), "-e", at("error.log")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await untilListening(port);
    return new Server(`http://127.0.0.1:${port}/`, child, at("access.log"));
  }

  /** What was sent since this was last asked. */
  async sent(): Promise<Sent> {
    await sleep(settleMs);
    const lines = readFileSync(this.#log, "utf8").split("\n").slice(0, -1);
    const fresh = lines.slice(this.#seen).map(Number);
    this.#seen = lines.length;
    return { requests: fresh.length, bytes: fresh.reduce((sum, bytes) => sum + bytes, 0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener("exit", this.#onExit);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}
