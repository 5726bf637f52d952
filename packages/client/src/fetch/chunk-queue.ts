import { type Chunks, invariant } from "@causeway/kernel";

/** Neighbouring chunks, by number: `from` to `to - 1`. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

const settled = 0; // here, or never wanted
const free = 1;
const held = 2; // asked for over at least one route

/** Which chunks of one file are still to be fetched, and how many requests hold each. */
export class ChunkQueue {
  readonly #lengths: Uint32Array;
  readonly #states: Uint8Array;
  readonly #holders: Uint8Array;
  #first = 0; // no chunk before it is free
  #wantedCount = 0;
  #freeLength = 0;

  constructor(chunks: Chunks, wanted: Iterable<number>) {
    // Not Uint32Array.from: it first makes a list of all chunks as objects.
    this.#lengths = new Uint32Array(chunks.length);
    let at = 0;
    for (const { length } of chunks) this.#lengths[at++] = length;
    this.#states = new Uint8Array(chunks.length);
    this.#holders = new Uint8Array(chunks.length);
    for (const number of wanted) {
      invariant(number >= 0 && number < chunks.length, "a wanted chunk stands in the index");
      if (this.#states[number] === settled) this.#wantedCount++;
      this.#states[number] = free;
    }
    for (let number = 0; number < chunks.length; number++) {
      if (this.#states[number] === free) this.#freeLength += this.#lengthOf(number);
    }
  }

  /** True when every wanted chunk was settled. */
  get done(): boolean {
    return this.#wantedCount === 0;
  }

  /** Bytes of wanted chunks that no request holds. */
  get freeLength(): number {
    return this.#freeLength;
  }

  isSettled(number: number): boolean {
    return this.#states[number] === settled;
  }

  holdersOf(number: number): number {
    return this.#holders[number] ?? 0;
  }

  /** The run's first chunk that is still wanted, if there is one. */
  firstWanted(run: Run): number | undefined {
    for (let number = run.from; number < run.to; number++) {
      if (!this.isSettled(number)) return number;
    }
    return undefined;
  }

  /** Bytes of the run that are still wanted. */
  wantedLength(run: Run): number {
    let length = 0;
    for (let number = run.from; number < run.to; number++) {
      if (!this.isSettled(number)) length += this.#lengthOf(number);
    }
    return length;
  }

  /** Holds the first free chunks, about `length` bytes of neighbours and at least one chunk. */
  take(length: number): Run | undefined {
    while (this.#first < this.#lengths.length && this.#states[this.#first] !== free) this.#first++;
    if (this.#first === this.#lengths.length) return undefined;
    let to = this.#first;
    let sum = 0;
    while (to < this.#lengths.length && this.#states[to] === free) {
      const next = this.#lengthOf(to);
      if (sum > 0 && sum + next / 2 > length) break;
      sum += next;
      to++;
    }
    const run = { from: this.#first, to };
    this.hold(run);
    return run;
  }

  /** Holds a run whether others hold it as well or not. */
  hold(run: Run): void {
    for (let number = run.from; number < run.to; number++) {
      const holders = this.holdersOf(number);
      invariant(holders < 255, "a chunk is not asked for by so many");
      this.#holders[number] = holders + 1;
      if (this.#states[number] !== free) continue;
      this.#states[number] = held;
      this.#freeLength -= this.#lengthOf(number);
    }
  }

  /** Lets go of a run; what nobody else holds and is still wanted is free again. */
  release(run: Run): void {
    for (let number = run.from; number < run.to; number++) {
      const holders = this.holdersOf(number) - 1;
      invariant(holders >= 0, "only a held chunk is let go");
      this.#holders[number] = holders;
      if (holders > 0 || this.#states[number] !== held) continue;
      this.#states[number] = free;
      this.#freeLength += this.#lengthOf(number);
      this.#first = Math.min(this.#first, number);
    }
  }

  /** The chunk is here. @returns false when it already was */
  settle(number: number): boolean {
    const state = this.#states[number];
    if (state === settled) return false;
    if (state === free) this.#freeLength -= this.#lengthOf(number);
    this.#states[number] = settled;
    this.#wantedCount--;
    return true;
  }

  #lengthOf(number: number): number {
    return this.#lengths[number] ?? 0;
  }
}
