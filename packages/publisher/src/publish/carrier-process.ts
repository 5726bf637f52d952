import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { type CausewayError, HostError, Interrupted, type Sha256 } from "@causeway/kernel";
import type { Carrier, CarrierActs, Source } from "./carrier.ts";
import type { Act, FromCarrier } from "./carrier-messages.ts";
import type { TreeFile } from "./tree.ts";

export interface CarrierProcessOptions {
  /** How long there may be no sign of life while something is asked of it. */
  readonly stallMs: number | undefined;
  /** Once it fires, what is under way is given up, and only `finish` is still done. */
  readonly signal: AbortSignal | undefined;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: CausewayError) => void;
}

const stallMsDefault = 10 * 60_000; // a disk has spun up by then, and a file server come back
const finishMs = 1000; // of who was interrupted; what stays behind, the next run removes

/**
 * A folder that is written to by a process of its own. A call into a file system that hangs, as a
 * network share whose server is gone, ends neither by itself nor by anybody: it takes one of the
 * few threads that all files of a process share, and no process ends in order while one is in it.
 * This process can be left behind. Once it stalled, or ended, every act fails.
 */
export class CarrierProcess implements Carrier {
  readonly id: string;
  readonly #folder: string;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onAbort = (): void => this.#interrupt();
  #stallMs: number;
  #calls = 0;
  #child: ChildProcess | undefined;
  #stall: NodeJS.Timeout | undefined;
  #end: CausewayError | undefined;

  constructor(id: string, folder: string, { stallMs, signal }: CarrierProcessOptions) {
    this.id = id;
    this.#folder = folder;
    this.#stallMs = stallMs ?? stallMsDefault;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  place(): Promise<string> {
    return this.#ask("place");
  }

  prepare(): Promise<void> {
    return this.#ask("prepare");
  }

  length(path: string): Promise<number | undefined> {
    return this.#ask("length", path);
  }

  sha256(path: string): Promise<Sha256> {
    return this.#ask("sha256", path);
  }

  read(path: string, lengthMax: number): Promise<Uint8Array | undefined> {
    return this.#ask("read", path, lengthMax);
  }

  write(file: TreeFile, source: Source): Promise<boolean> {
    const { path, length, sha256 } = file; // and not the bytes that a metadata file has
    return this.#ask("write", { path, length, sha256 }, source);
  }

  fetch(file: TreeFile, to: string): Promise<boolean> {
    return this.#ask("fetch", file, to);
  }

  async finish(): Promise<void> {
    if (this.#child !== undefined) await this.#ask("finish");
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#giveUp(new HostError("HOST_IO", `${this.id} was closed.`));
  }

  #ask<Name extends keyof CarrierActs>(
    name: Name,
    ...given: Parameters<CarrierActs[Name]>
  ): ReturnType<CarrierActs[Name]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const isOver = this.#signal?.aborted === true && name !== "finish";
      const reason = this.#end ?? (isOver ? new Interrupted() : undefined);
      if (reason !== undefined) {
        reject(reason);
        return;
      }
      this.#child ??= this.#start();
      this.#waiting.set(++this.#calls, { resolve, reject });
      this.#waitOn();
      const act = { name, given } as Act; // which name goes with which values was checked above
      this.#child.send({ call: this.#calls, act }, () => undefined); // its end tells if it failed
    });
    return answer as ReturnType<CarrierActs[Name]>; // the other side has the same types
  }

  #start(): ChildProcess {
    const child = forkCarrier(this.#folder);
    child.on("message", (message: FromCarrier) => this.#hear(message));
    const ended = (why: string): void => {
      this.#giveUp(new HostError("HOST_IO", `the process that writes to ${this.#folder} ${why}.`));
    };
    child.once("error", (cause) => ended(`cannot be started: ${cause.message}`));
    child.once("exit", (code, signal) => ended(`ended (${signal ?? code})`));
    // What is waited for is an answer, and the timer sees to that.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #hear(message: FromCarrier): void {
    if (message.kind !== "alive") {
      const waiting = this.#waiting.get(message.call);
      this.#waiting.delete(message.call);
      if (message.kind === "done") waiting?.resolve(message.value);
      else waiting?.reject(new HostError(message.code, message.message));
    }
    this.#waitOn();
  }

  #waitOn(): void {
    clearTimeout(this.#stall);
    if (this.#waiting.size === 0) return;
    this.#stall = setTimeout(() => {
      const seconds = Math.round(this.#stallMs / 1000);
      const message = `${this.#folder} gave no sign of life for ${seconds} seconds; look at its disk.`;
      this.#giveUp(new HostError("HOST_IO", message));
    }, this.#stallMs);
  }

  #interrupt(): void {
    this.#stallMs = Math.min(this.#stallMs, finishMs);
    this.#refuse(new Interrupted());
    this.#waitOn();
  }

  #giveUp(why: CausewayError): void {
    this.#end ??= why;
    this.#refuse(this.#end);
    this.#waitOn();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #refuse(reason: CausewayError): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

/** Runs the source in a checkout and the built file in a package: whichever this file is. */
function forkCarrier(folder: string): ChildProcess {
  const entry = new URL(`./carrier-main${extname(import.meta.filename)}`, import.meta.url);
  return fork(entry, [folder], {
    // Only the flags that say how to resolve imports: `--test` would run something else.
    execArgv: process.execArgv.filter((flag) => flag.startsWith("--conditions")),
    stdio: ["ignore", "ignore", "ignore", "ipc"], // left behind, it would hold our pipes open
    serialization: "advanced", // for bytes
  });
}
