import type { ChildProcess } from "node:child_process";
import {
  type CausewayError,
  HostError,
  hostCodes,
  Interrupted,
  type Sha256,
} from "@causeway/kernel";
import { type CarrierConfig, placeOf } from "../config/carrier-config.ts";
import { forkCarrier } from "../fork-carrier.ts";
import type { Log } from "../log.ts";
import type { Carrier, CarrierActs, Source } from "./carrier.ts";
import { CarrierError, carrierCodes } from "./carrier-error.ts";
import type { Act, FromCarrier } from "./carrier-messages.ts";
import { Patience } from "./patience.ts";
import type { TreeFile } from "./tree.ts";

export interface CarrierProcessOptions {
  /** How long there may be no sign of life while something is asked of it. */
  readonly stallMs: number | undefined;
  /** Once it fires, what is under way is given up, and only `finish` is still done. */
  readonly signal: AbortSignal | undefined;
  readonly log: Log;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: CausewayError) => void;
}

/** Most of the time is spent waiting; rsync does together what it is asked for at once. */
const actsAtOnce = { folder: 8, s3: 8, rsync: 200 } as const;
// A disk has spun up by then, and a file server come back: NFS asks 90 s of its clients to do so.
const stallMsDefault = 5 * 60_000;
const finishMs = 1000; // of who was interrupted; what stays behind, the next run removes

/**
 * A carrier that is written to by a process of its own. A call into a file system that hangs, as a
 * network share whose server is gone, ends neither by itself nor by anybody: it takes one of the
 * few threads that all files of a process share, and no process ends in order while one is in it.
 * This process can be left behind. Once it stalled, or ended, every act fails.
 */
export class CarrierProcess implements Carrier {
  readonly id: string;
  readonly actsAtOnce: number;
  readonly #config: CarrierConfig;
  readonly #place: string;
  readonly #stallMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #log: Log;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onAbort = (): void => this.#interrupt();
  #calls = 0;
  #child: ChildProcess | undefined;
  #patience: Patience | undefined;
  #finishing: NodeJS.Timeout | undefined;
  #end: CausewayError | undefined;

  constructor(config: CarrierConfig, { stallMs, signal, log }: CarrierProcessOptions) {
    this.id = config.id;
    this.actsAtOnce = actsAtOnce[config.kind];
    this.#config = config;
    this.#place = placeOf(config);
    this.#stallMs = stallMs ?? stallMsDefault;
    this.#signal = signal;
    this.#log = log;
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

  list(): Promise<readonly string[]> {
    return this.#ask("list");
  }

  remove(paths: readonly string[]): Promise<void> {
    return this.#ask("remove", paths);
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
      const child = (this.#child ??= this.#start());
      this.#waiting.set(++this.#calls, { resolve, reject });
      const act = { name, given } as Act; // which name goes with which values was checked above
      // Of one that ended, or could not be started, the events tell.
      if (child.connected) child.send({ call: this.#calls, act }, () => undefined);
    });
    return answer as ReturnType<CarrierActs[Name]>; // the other side has the same types
  }

  #start(): ChildProcess {
    const child = forkCarrier(this.#config);
    child.on("message", (message: FromCarrier) => this.#hear(message));
    const ended = (why: string): void => {
      this.#giveUp(new HostError("HOST_IO", `the process that writes to ${this.#place} ${why}.`));
    };
    child.once("error", (cause) => ended(`cannot be started: ${cause.message}`));
    child.once("exit", (code, signal) => ended(`ended (${signal ?? code})`));
    this.#patience = this.#watch();
    return child;
  }

  #watch(): Patience {
    const limit = `${Math.round(this.#stallMs / 1000)} seconds`;
    return new Patience({
      mostMs: this.#stallMs,
      isWaiting: () => this.#waiting.size > 0,
      onSilent: () => {
        const message = `${this.#place} gives no sign of life; it is waited for, at most ${limit}.`;
        this.#log({ level: "warning", message });
      },
      onOver: () => {
        const what = `${this.#place} gave no sign of life for ${limit}`;
        const hint =
          this.#config.kind === "folder" ? "its disk or file server" : "it and the way to it";
        this.#giveUp(new HostError("HOST_IO", `${what}; look at ${hint}.`));
      },
    });
  }

  #hear(message: FromCarrier): void {
    this.#patience?.renew();
    if (message.kind === "alive") return;
    const waiting = this.#waiting.get(message.call);
    this.#waiting.delete(message.call);
    if (message.kind === "done") waiting?.resolve(message.value);
    else waiting?.reject(errorOf(message));
  }

  #interrupt(): void {
    this.#refuse(new Interrupted());
    this.#finishing = setTimeout(() => this.#giveUp(new Interrupted()), finishMs);
  }

  #giveUp(why: CausewayError): void {
    this.#end ??= why;
    this.#refuse(this.#end);
    clearTimeout(this.#finishing);
    this.#patience?.end();
    this.#child?.kill("SIGKILL");
    // It may not end before its file system answers.
    this.#child?.unref();
    this.#child?.channel?.unref();
    this.#child = undefined;
  }

  #refuse(reason: CausewayError): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

function errorOf({ code, message }: FromCarrier & { kind: "failed" }): CausewayError {
  const ofHost = hostCodes.find((known) => known === code);
  if (ofHost !== undefined) return new HostError(ofHost, message);
  return new CarrierError(carrierCodes.find((known) => known === code) ?? "CARRIER_IO", message);
}
