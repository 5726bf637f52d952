import type { Clock } from "@causeway/kernel";
import { over } from "../../routes/cancel.ts";
import { errnoOf } from "../internal/host-error.ts";

/** Where a name leads. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A race for one connection to whichever address takes it first. */
export interface ConnectionRace<Connection> {
  readonly clock: Clock;
  /** The addresses, the preferred ones first, as they become known; told when nobody waits. */
  readonly addresses: (signal: AbortSignal) => AsyncIterable<readonly Address[]>;
  /** Connects to one. When the signal fires, it rejects and leaves nothing open. */
  readonly attempt: (address: Address, signal: AbortSignal) => Promise<Connection>;
  /** Ends a connection that came after another one had won. */
  readonly discard: (connection: Connection) => void;
  readonly signal: AbortSignal;
}

const attemptDelayMs = 250; // RFC 8305 section 5
const addressesMax = 64; // at that pace, three deadlines' worth; more is no honest name

/**
 * Tries addresses of both families in turn, each one a quarter of a second after the one before,
 * or when that failed (RFC 8305). All stay in the race until one has won.
 * @throws the most telling failure when all failed; the signal's reason when it fired
 */
export async function firstConnection<Connection>(
  race: ConnectionRace<Connection>,
): Promise<Connection> {
  race.signal.throwIfAborted();
  const attempts = new Attempts(race);
  const onAbort = (): void => attempts.cancel(race.signal.reason);
  race.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await attempts.run();
  } finally {
    race.signal.removeEventListener("abort", onAbort);
  }
}

/** Takes the next one out: of the other family than the last, if there is one. */
export function takeNext(waiting: Address[], last: Address | undefined): Address | undefined {
  const other = waiting.findIndex(({ family }) => family !== last?.family);
  return waiting.splice(Math.max(0, other), 1)[0];
}

class Attempts<Connection> {
  readonly #race: ConnectionRace<Connection>;
  readonly #end = Promise.withResolvers<Connection>();
  readonly #stop = new AbortController();
  readonly #waiting: Address[] = [];
  readonly #errors: unknown[] = [];
  #last: Address | undefined;
  #taken = 0;
  #underWay = 0;
  #allKnown = false;
  #pause: AbortController | undefined;

  constructor(race: ConnectionRace<Connection>) {
    this.#race = race;
  }

  async run(): Promise<Connection> {
    void this.#learn();
    try {
      return await this.#end.promise;
    } finally {
      this.#pause?.abort(over);
      this.#stop.abort(over);
    }
  }

  cancel(reason: unknown): void {
    this.#end.reject(reason);
  }

  async #learn(): Promise<void> {
    try {
      for await (const batch of this.#race.addresses(this.#stop.signal)) {
        if (this.#stop.signal.aborted) return;
        const room = addressesMax - this.#taken;
        this.#taken += Math.min(room, batch.length);
        this.#waiting.push(...batch.slice(0, room));
        if (this.#pause === undefined) this.#startNext();
      }
    } catch (error) {
      this.#errors.push(error);
    }
    this.#allKnown = true;
    this.#giveUpIfHopeless();
  }

  #startNext(): void {
    this.#pause?.abort(over);
    this.#pause = undefined;
    const next = takeNext(this.#waiting, this.#last);
    if (next === undefined) {
      this.#giveUpIfHopeless();
      return;
    }
    this.#last = next;
    void this.#attempt(next);
    this.#pause = new AbortController();
    void this.#startNextLater(this.#pause.signal);
  }

  async #startNextLater(signal: AbortSignal): Promise<void> {
    try {
      await this.#race.clock.sleep(attemptDelayMs, signal);
    } catch {
      return; // somebody won, or failed, or went away
    }
    this.#startNext();
  }

  async #attempt(address: Address): Promise<void> {
    const { signal } = this.#stop;
    this.#underWay++;
    try {
      const connection = await this.#race.attempt(address, signal);
      if (signal.aborted) this.#race.discard(connection);
      else this.#win(connection);
    } catch (error) {
      this.#underWay--;
      if (signal.aborted) return;
      this.#errors.push(error);
      this.#startNext();
    }
  }

  #win(connection: Connection): void {
    this.#stop.abort(over); // here and now, so that a second one in the same turn is discarded
    this.#end.resolve(connection);
  }

  #giveUpIfHopeless(): void {
    if (!this.#allKnown || this.#underWay > 0 || this.#waiting.length > 0) return;
    this.#end.reject(mostTelling(this.#errors));
  }
}

/** What is said of a family that this machine lacks tells least. */
const noWay: ReadonlySet<string> = new Set(["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"]);

function mostTelling(errors: readonly unknown[]): unknown {
  if (errors.length === 0) return Object.assign(new Error("no address"), { code: "ENOTFOUND" });
  const telling = errors.find((error) => !noWay.has(errnoOf(error) ?? "")) ?? errors[0];
  if (errors.length === 1) return telling;
  const message = telling instanceof Error ? telling.message : String(telling);
  return Object.assign(new AggregateError(errors, message), { code: errnoOf(telling) });
}
