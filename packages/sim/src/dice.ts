import { invariant, type Random } from "@causeway/kernel";

/**
 * All chance of one seed. Each actor throws its own dice, so that what one does never changes
 * what falls to another. Chances are integers: "3 in 100".
 */
export class Dice implements Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** mulberry32: good enough to make up worlds. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number {
    invariant(bound > 0, "dice have at least one side");
    return Math.floor((this.uint32() / 2 ** 32) * bound);
  }

  /** An integer from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** As `between`, but each order of magnitude is as likely as the next. */
  spread(least: number, most: number): number {
    const exponent = (this.uint32() / 2 ** 32) * Math.log(most / least);
    return Math.min(most, Math.round(least * Math.exp(exponent)));
  }

  /** True `hits` times in `of`. */
  chance(hits: number, of: number): boolean {
    return this.below(of) < hits;
  }

  pick<Value>(list: readonly Value[]): Value {
    return list[this.below(list.length)] as Value; // `below` refuses an empty list
  }

  /** Dice of their own for `name`; the same for the same seed, whatever was thrown before. */
  fork(name: string): Dice {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let at = 0; at < name.length; at++) {
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
      hash ^= hash >>> 13;
    }
    return new Dice(new Dice(hash).uint32());
  }
}
