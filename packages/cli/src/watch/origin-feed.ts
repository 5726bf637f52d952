import type { Moment, Recorded } from "./moment.ts";

const momentsKept = 600;
const waitTicksMax = 30;

/** What went wrong with an origin, and in which tick it is asked again. */
export interface Trouble {
  readonly why: string;
  readonly again: number;
}

/**
 * What is known of one origin. Time is told in ticks of the watcher's own clock, a second each, so
 * that the seconds of origins whose clocks differ stand beside each other.
 */
export class OriginFeed {
  readonly #moments = new Map<number, Moment>();
  #recorded: Recorded | undefined;
  #lastN = 0;
  /** What makes a tick of an `n`. */
  #offset: number | undefined;
  #failures = 0;
  #trouble: Trouble | undefined;

  /** The newest second that is known: what `since` asks with. */
  get lastN(): number {
    return this.#lastN;
  }

  /** Undefined while it answers, and before the first answer. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** The last answer; undefined before the first. */
  get recorded(): Recorded | undefined {
    return this.#recorded;
  }

  isDue(tick: number): boolean {
    return this.#trouble === undefined || tick >= this.#trouble.again;
  }

  answered(recorded: Recorded, tick: number): void {
    this.#failures = 0;
    this.#trouble = undefined;
    const isOther = this.#recorded !== undefined && this.#recorded.started !== recorded.started;
    this.#recorded = recorded;
    if (isOther) {
      // It was started again, and left out what was below the `n` of before: asked again at once.
      this.#lastN = 0;
      this.#offset = undefined;
      return;
    }
    const newest = recorded.moments.at(-1);
    if (newest === undefined) return;
    this.#lastN = newest.n;
    // The two clocks drift; one tick to and fro is no reason to move all.
    const isOff = this.#offset === undefined || Math.abs(newest.n + this.#offset - tick) > 1;
    const offset = isOff ? tick - newest.n : (this.#offset ?? 0);
    this.#offset = offset;
    for (const moment of recorded.moments) this.#moments.set(moment.n + offset, moment);
    for (const at of this.#moments.keys()) {
      if (at <= tick - momentsKept) this.#moments.delete(at);
    }
  }

  failed(why: string, tick: number): void {
    const wait = Math.min(2 ** this.#failures, waitTicksMax);
    this.#failures++;
    this.#trouble = { why, again: tick + wait };
  }

  /** What it did in that tick, if that is known. */
  at(tick: number): Moment | undefined {
    return this.#moments.get(tick);
  }

  /** What it did in the newest of the last three ticks that is known. */
  newest(tick: number): Moment | undefined {
    return this.at(tick) ?? this.at(tick - 1) ?? this.at(tick - 2);
  }
}
