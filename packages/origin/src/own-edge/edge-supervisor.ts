import type { Clock } from "@causeway/kernel";
import type { Log } from "../log.ts";
import { type Rest, recentDeaths, restAfter } from "./restart-rest.ts";

/** A running engine, ready for clients. */
export interface EdgeProcess {
  /** Resolves, when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Whether it answers within a few seconds. */
  answers(): Promise<boolean>;
  /** Ends it at once. */
  kill(): void;
  /** Lets it finish what is under way, for at most `graceMs`; resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

/** What a supervisor acts through. */
export interface EdgePorts {
  /** Resolves when the engine takes clients. @throws {HostError} */
  start(): Promise<EdgeProcess>;
  /** Called when an engine is in front, and when it has ended without being asked to. */
  onChange(inFront: boolean): void;
  readonly clock: Pick<Clock, "steady" | "sleep">;
  readonly log: Log;
}

/** What operators are told. */
export interface EdgeState {
  readonly inFront: boolean;
  /** How often it was started again after it died. */
  readonly restarts: number;
}

/** With the two seconds that it may take to answer, one that hangs is gone in ten. */
const askEveryMs = 1_000;
const unansweredMax = 3;

/**
 * Keeps one engine in front: one that dies, or lives and answers no more, is started again, sooner
 * or later by how often that happened. While none is in front, whoever listens to `onChange` serves
 * clients itself.
 */
export class EdgeSupervisor {
  readonly #ports: EdgePorts;
  readonly #stopping = new AbortController();
  #engine: EdgeProcess | undefined;
  #loop: Promise<void> | undefined;
  #deathsMs: readonly number[] = [];
  #restarts = 0;

  constructor(ports: EdgePorts) {
    this.#ports = ports;
  }

  /** Resolves when the engine is in front. @throws {HostError} it does not start */
  async start(): Promise<void> {
    const engine = await this.#ports.start();
    this.#loop = this.#keep(engine);
  }

  state(): EdgeState {
    return { inFront: this.#engine !== undefined, restarts: this.#restarts };
  }

  /** Ends the engine, so that another one starts with what its files say now. */
  renew(): void {
    this.#engine?.kill();
  }

  /** Resolves when the engine has ended, and none is started any more. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#engine?.stop(graceMs);
    await this.#loop;
  }

  async #keep(first: EdgeProcess): Promise<void> {
    let engine: EdgeProcess | undefined = first;
    let how = "";
    for (;;) {
      if (engine !== undefined) how = await this.#inFront(engine);
      if (this.#stopping.signal.aborted) return;
      if (!(await this.#rest(how))) return;
      this.#restarts++;
      try {
        engine = await this.#ports.start();
      } catch (cause) {
        engine = undefined;
        how = cause instanceof Error ? cause.message : String(cause);
      }
    }
  }

  /** @returns how it ended */
  async #inFront(engine: EdgeProcess): Promise<string> {
    const over = new AbortController();
    this.#engine = engine;
    if (this.#stopping.signal.aborted) await engine.stop(0);
    else this.#ports.onChange(true);
    // One that was asked to stop answers no more.
    const watched = AbortSignal.any([over.signal, this.#stopping.signal]);
    const watching = this.#watch(engine, watched);
    const how = await engine.ended;
    this.#engine = undefined;
    if (!this.#stopping.signal.aborted) this.#ports.onChange(false);
    over.abort();
    await watching;
    return how;
  }

  async #watch(engine: EdgeProcess, signal: AbortSignal): Promise<void> {
    let unanswered = 0;
    while (unanswered < unansweredMax) {
      if (!(await this.#sleep(askEveryMs, signal))) return;
      unanswered = (await engine.answers()) ? 0 : unanswered + 1;
    }
    this.#ports.log({ level: "error", event: "edge-silent", fields: { unanswered } });
    engine.kill();
  }

  /** @returns false when there is nothing more to do */
  async #rest(how: string): Promise<boolean> {
    const { clock } = this.#ports;
    const now = clock.steady();
    this.#deathsMs = recentDeaths([...this.#deathsMs, now], now);
    const rest = restAfter(this.#deathsMs, now);
    this.#tell(rest, how);
    return this.#sleep(rest.ms, this.#stopping.signal);
  }

  #tell(rest: Rest, how: string): void {
    const meanwhile = "this process serves by itself";
    const event = rest.long ? "edge-given-up" : "edge-died";
    const fields = { how, waitMs: rest.ms, meanwhile };
    this.#ports.log({ level: "error", event, fields });
  }

  /** @returns false when `signal` fired first */
  async #sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#ports.clock.sleep(ms, signal);
    } catch {
      // Only its signal ends a sleep early.
    }
    return !signal.aborted;
  }
}
