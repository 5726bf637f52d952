import { Dice } from "./dice.ts";
import { EventQueue, type Timed } from "./event-queue.ts";
import { LawBroken } from "./law.ts";

/** A plan that can be called off. */
export interface Plan {
  cancel(): void;
}

/** True time when a world begins; machines may believe another. */
export const worldBegin = Date.UTC(2030, 0, 1);

// A power of two, so that sums and differences of moments are exact: who sleeps until a moment
// must not find, once awake, that a hair of a millisecond is left, again and again.
const ticksPerMs = 1024;

const eventsMax = 1_000_000; // a drill has thousands; more is a loop that never ends
const eventsPerMomentMax = 20_000; // work that takes no time and does not end

/**
 * One seed's world: virtual time and one event at a time. Between two of them all promises
 * settle. Whoever in it awaits anything but a port is lost, and found out as a hang.
 */
export class World {
  readonly seed: number;
  readonly dice: Dice;
  /** What happened, a line each. */
  readonly trace: string[] = [];
  readonly #queue = new EventQueue();
  #now = 0;
  #order = 0;
  #momentBegan = 0; // the count of events when the present moment began
  #broken: LawBroken | undefined;

  constructor(seed: number) {
    this.seed = seed;
    this.dice = new Dice(seed);
  }

  /** Milliseconds since it began; never goes back. */
  get now(): number {
    return this.#now;
  }

  /** The true time, as signed documents and honest routes tell it. */
  get instant(): number {
    return worldBegin + Math.floor(this.#now);
  }

  /** Makes `act` happen after `ms`, rounded up to what the world's clock can tell. */
  after(ms: number, act: () => void): Plan {
    const wait = Math.ceil(Math.max(ms, 0) * ticksPerMs) / ticksPerMs;
    const event: Timed = { at: this.#now + wait, order: this.#order++, act };
    this.#queue.push(event);
    return {
      cancel() {
        event.act = undefined;
      },
    };
  }

  /** How much is planned. */
  get planned(): number {
    return this.#queue.length;
  }

  note(text: string): void {
    this.trace.push(`${this.#now.toFixed(2)} ${text}`);
  }

  /** Tells that a law was broken; `run` then ends at once. The first one counts. */
  broke(law: number, what: string): void {
    this.note(`LAW ${law} BROKEN: ${what}`);
    this.#broken ??= new LawBroken(law, what);
  }

  /**
   * Lets the world go on until `done`.
   * @throws {LawBroken} what was told, or that everyone waits and nothing will happen
   */
  async run(done: () => boolean): Promise<void> {
    for (let count = 0; ; count++) {
      await settled();
      if (this.#broken !== undefined) throw this.#broken;
      if (done()) return;
      const next = this.#queue.pop();
      if (next === undefined) throw this.#hang("everyone waits, and nothing will happen");
      if (next.at > this.#now) this.#momentBegan = count;
      if (count - this.#momentBegan > eventsPerMomentMax || count > eventsMax) {
        throw this.#hang("somebody works on and on");
      }
      this.#now = Math.max(this.#now, next.at);
      next.act?.();
    }
  }

  #hang(what: string): LawBroken {
    this.broke(2, what);
    return new LawBroken(2, what);
  }
}

/** Resolves when every promise that can settle has. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
