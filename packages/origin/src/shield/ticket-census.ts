import { type Hash, keyedHash } from "../measures/keyed-hash.ts";

const slots = 4_096;
const registers = 64;
const registerBits = 6;
const rows = 2;
/** How long a ticket that was shown counts: until one or two days later. */
const generationMs = 86_400_000;
/** The counter of all places together, behind those of the slots. */
const ofAll = rows * slots;
const counters = ofAll + 1;
/** By rank. */
const powers = Array.from({ length: 34 }, (_, rank) => 2 ** -rank);
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
 *
 * What a counter comes to is asked for with each request, and changes with few: so it is kept up.
 */
export class TicketCensus {
  readonly #key: Hash;
  #current = new Uint8Array(counters * registers);
  #last = new Uint8Array(counters * registers);
  /** Of each counter: what its registers' powers add up to, and how many are empty. */
  readonly #sums = new Float64Array(counters).fill(registers);
  readonly #empty = new Uint8Array(counters).fill(registers);
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
    for (const counter of this.#countersOf(place)) this.#raise(counter, register, rank);
    this.#raise(ofAll, register, rank);
  }

  countOf(place: Uint8Array, now: number): number {
    this.#turn(now);
    const others = (2 * this.#estimate(ofAll)) / slots;
    const [first, second] = this.#countersOf(place);
    return Math.min(this.#estimate(first), this.#estimate(second)) - others;
  }

  #raise(counter: number, register: number, rank: number): void {
    const at = counter * registers + register;
    const before = this.#rankAt(at);
    this.#current[at] = Math.max(this.#current[at] ?? 0, rank);
    if (rank <= before) return;
    this.#sums[counter] = (this.#sums[counter] ?? 0) + powerOf(rank) - powerOf(before);
    if (before === 0) this.#empty[counter] = (this.#empty[counter] ?? 1) - 1;
  }

  #rankAt(at: number): number {
    return Math.max(this.#current[at] ?? 0, this.#last[at] ?? 0);
  }

  #estimate(counter: number): number {
    const empty = this.#empty[counter] ?? 0;
    const raw = (alpha * registers ** 2) / (this.#sums[counter] ?? registers);
    // For few of them, linear counting is closer (section 4 of the paper).
    if (raw > 2.5 * registers || empty === 0) return raw;
    return registers * Math.log(registers / empty);
  }

  /** One for each row. */
  #countersOf(place: Uint8Array): readonly [number, number] {
    const [first, second] = keyedHash(this.#key, place);
    return [slotOf(first), slots + slotOf(second)];
  }

  #turn(now: number): void {
    if (now < this.#turnsAt) return;
    const isLong = now >= this.#turnsAt + generationMs;
    [this.#last, this.#current] = [this.#current, this.#last];
    this.#current.fill(0);
    if (isLong) this.#last.fill(0);
    this.#turnsAt = now + generationMs;
    for (let counter = 0; counter < counters; counter++) this.#recount(counter);
  }

  #recount(counter: number): void {
    let sum = 0;
    let empty = 0;
    for (let at = counter * registers; at < (counter + 1) * registers; at++) {
      const rank = this.#rankAt(at);
      sum += powerOf(rank);
      if (rank === 0) empty++;
    }
    this.#sums[counter] = sum;
    this.#empty[counter] = empty;
  }
}

function powerOf(rank: number): number {
  return powers[rank] ?? 0;
}

function slotOf(word: number): number {
  return (word >>> registerBits) & (slots - 1);
}
