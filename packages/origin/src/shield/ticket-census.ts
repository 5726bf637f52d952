import { type Hash, keyedHash } from "../measures/keyed-hash.ts";

const slots = 4_096;
const registers = 64;
const registerBits = 6;
const rows = 2;
/** How long a ticket that was shown counts: until one or two days later. */
const generationMs = 86_400_000;
/** Where all places are counted together. */
const allStart = rows * slots * registers;
/** HyperLogLog's constant for 64 registers (Flajolet et al. 2007). */
const alpha = 0.709;

/**
 * About how many distinct tickets were shown from each of any number of places within a day or two,
 * in memory that never grows: small HyperLogLogs (Flajolet et al. 2007) of 64 registers, with an
 * error of 13 %, in two rows of slots. Places that share a slot count together, so what a slot has
 * without any of them is taken off twice, and the smaller of both rows counts (as in the
 * count-mean-min sketch of Deng and Rafiei 2007): with millions of homes, each still counts as one,
 * and only a place with more than its slot's others is found to have many. Two generations: what is
 * in neither has been forgotten.
 */
export class TicketCensus {
  readonly #key: Hash;
  #current = new Uint8Array(allStart + registers);
  #last = new Uint8Array(allStart + registers);
  #turnsAt = Number.NEGATIVE_INFINITY;

  /** `random` fills with random bits. */
  constructor(random: (into: Uint32Array) => void) {
    const key = new Uint32Array(2);
    random(key);
    this.#key = [key[0] ?? 0, key[1] ?? 0];
  }

  /** `now` in milliseconds that never go back. */
  note(place: Uint8Array, ticket: Uint8Array, now: number): void {
    this.#turn(now);
    const [low, high] = keyedHash(this.#key, ticket);
    const register = low & (registers - 1);
    const rank = 1 + Math.clz32(high);
    for (const start of [...this.#startsOf(place), allStart]) {
      const at = start + register;
      this.#current[at] = Math.max(this.#current[at] ?? 0, rank);
    }
  }

  countOf(place: Uint8Array, now: number): number {
    this.#turn(now);
    const others = (2 * this.#estimate(allStart)) / slots;
    return Math.min(...this.#startsOf(place).map((start) => this.#estimate(start))) - others;
  }

  #estimate(start: number): number {
    let sum = 0;
    let empty = 0;
    for (let at = start; at < start + registers; at++) {
      const rank = Math.max(this.#current[at] ?? 0, this.#last[at] ?? 0);
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const raw = (alpha * registers ** 2) / sum;
    // For few of them, linear counting is closer (section 4 of the paper).
    if (raw > 2.5 * registers || empty === 0) return raw;
    return registers * Math.log(registers / empty);
  }

  /** Where the registers of a place begin, one for each row. */
  #startsOf(place: Uint8Array): readonly number[] {
    const hash = keyedHash(this.#key, place);
    return hash.map((word, row) => {
      return (row * slots + ((word >>> registerBits) & (slots - 1))) * registers;
    });
  }

  #turn(now: number): void {
    if (now < this.#turnsAt) return;
    const isLong = now >= this.#turnsAt + generationMs;
    [this.#last, this.#current] = [this.#current, this.#last];
    this.#current.fill(0);
    if (isLong) this.#last.fill(0);
    this.#turnsAt = now + generationMs;
  }
}
