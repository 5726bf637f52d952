import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { toHostError } from "@causeway/client/internal/host-error";
import { placeOf, type RsyncConfig } from "../../config/carrier-config.ts";
import { CarrierError } from "../carrier-error.ts";
import { farError, missingProgram } from "./far-error.ts";

export interface RunOptions {
  readonly onLine?: (line: string) => void;
  readonly input?: string;
}

const saidMax = 8192;
// Of all that a far machine prints: ten million files, each with its path.
const outputMax = 4 * 1024 ** 3;
const lineMax = 64 * 1024;
// Ours come first, and SSH goes by the first that it meets: no setting can turn these off.
const sshOptions = [
  "BatchMode=yes", // never asks
  "StrictHostKeyChecking=yes",
  "ConnectTimeout=15",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=3",
  "ControlMaster=auto", // one connection for all
  "ControlPersist=60",
];
const rsyncOptions = [
  "--secluded-args", // no name goes through a shell there
  "--timeout=60",
  "--no-motd",
  "--outbuf=L",
];

/** Runs rsync and ssh to one place of another machine. Every failure is a `CausewayError`. */
export class FarMachine {
  readonly #config: RsyncConfig;
  readonly #place: string;
  readonly #onAlive: () => void;
  #folder: Promise<string> | undefined;

  constructor(config: RsyncConfig, onAlive: () => void) {
    this.#config = config;
    this.#place = placeOf(config);
    this.#onAlive = onAlive;
  }

  /** A path below the place, as rsync takes it. */
  at(path: string): string {
    return `${this.#config.host}:${this.#config.path}/${path}`;
  }

  /** A folder of this machine for what is under way; gone after `end`. */
  folder(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "causeway-")).catch((cause: unknown) => {
      throw toHostError(cause, "make a folder for what is under way");
    });
    return this.#folder;
  }

  async rsync(args: readonly string[], options: RunOptions = {}): Promise<void> {
    const [program, ...rest] = await this.#ssh();
    const shell = [program, ...rest].map((word) => (/\s/.test(word) ? `'${word}'` : word));
    await this.#run("rsync", [...rsyncOptions, "-e", shell.join(" "), ...args], options);
  }

  /** The whole path there of one below the place. */
  whole(path: string): string {
    return `${this.#config.path}/${path}`;
  }

  /** Runs a command of the shell there. */
  async shell(command: string, options: RunOptions): Promise<void> {
    const [program, ...rest] = await this.#ssh();
    await this.#run(program, [...rest, "--", this.#host, command], options);
  }

  async end(): Promise<void> {
    const folder = await this.#folder;
    if (folder === undefined) return;
    const [program, ...rest] = await this.#ssh();
    // Without one it ends by itself, a minute later.
    await this.#run(program, [...rest, "-O", "exit", "--", this.#host], {}).catch(() => undefined);
    this.#folder = undefined;
    await rm(folder, { recursive: true, force: true });
  }

  /** As ssh takes it; rsync has an address of IPv6 in brackets. */
  get #host(): string {
    return this.#config.host.replace(/[[\]]/g, "");
  }

  async #ssh(): Promise<readonly [string, ...string[]]> {
    const [program, ...given] = this.#config.ssh;
    const all = [...sshOptions, `ControlPath=${await this.folder()}/ssh`];
    return [program, ...all.flatMap((option) => ["-o", option]), ...given];
  }

  async #run(program: string, args: readonly string[], options: RunOptions): Promise<void> {
    const child = spawn(program, args, {
      env: { ...process.env, LC_ALL: "C" }, // what they say is read below
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-saidMax);
    });
    let isEndless = false;
    const watch = watchOutput(() => {
      isEndless = true;
      child.kill("SIGKILL");
    });
    child.stdout.on("data", watch);
    const lines = createInterface(child.stdout);
    lines.on("line", (line) => {
      this.#onAlive();
      options.onLine?.(line);
    });
    child.stdin.on("error", () => undefined); // it ended first, and says why
    child.stdin.end(options.input ?? "");
    const [code] = await (once(child, "close") as Promise<[number | null]>).catch((cause) => {
      throw missingProgram(program, cause);
    });
    if (isEndless) {
      throw new CarrierError("CARRIER_IO", `${this.#place}: what it lists there has no end.`);
    }
    if (code !== 0) throw farError(this.#place, { program, code, said });
    this.#onAlive();
  }
}

/** @returns what takes the bytes that a program prints, and calls `onEndless` once they are too many */
function watchOutput(onEndless: () => void): (bytes: Buffer) => void {
  let whole = 0;
  let line = 0;
  return (bytes) => {
    whole += bytes.length;
    const end = bytes.lastIndexOf("\n");
    line = end < 0 ? line + bytes.length : bytes.length - end - 1;
    if (whole > outputMax || line > lineMax) onEndless();
  };
}
