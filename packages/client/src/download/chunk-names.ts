import { type Chunks, type Sha256, TrustError } from "@causeway/kernel";

const none = -1;
// Hashes take at most one and a half looks each in a table that is half full. Names that were
// chosen to meet in one place would take half of all there are.
const looksPerName = 4;
const looksToSpare = 64; // of a few names, some may meet by chance

/**
 * Finds chunks of one index by name. The same bytes may stand at several places of a target. A
 * hash table of numbers: a map of names would take ten times its memory.
 */
export class ChunkNames {
  readonly #chunks: Chunks;
  readonly #table: Int32Array; // the lowest number of a name, at its place or after it
  readonly #next: Int32Array; // the next number of the same name, or none
  readonly #first: Uint8Array; // 1 when no lower number has the same name
  #looks = 0;

  /** @throws {TrustError} `TRUST_MALFORMED` when the names are no hashes; `subject` is the index */
  static require(chunks: Chunks, subject: string): void {
    if (!new ChunkNames(chunks).#isLost) return;
    throw new TrustError("TRUST_MALFORMED", subject, "has names of chunks that are no hashes");
  }

  /** Of names that did not pass `require` it knows only some. */
  constructor(chunks: Chunks) {
    this.#chunks = chunks;
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(chunks.length * 2 + 1))).fill(none);
    this.#next = new Int32Array(chunks.length).fill(none);
    this.#first = new Uint8Array(chunks.length);
    for (let number = chunks.length - 1; number >= 0 && !this.#isLost; number--) {
      const name = chunks.at(number)?.sha256;
      if (name === undefined) continue;
      const place = this.#placeOf(name);
      const later = this.#table[place] ?? none;
      if (later !== none) this.#first[later] = 0;
      this.#first[number] = 1;
      this.#next[number] = later;
      this.#table[place] = number;
    }
  }

  /** True for the lowest number of its name. */
  isFirst(number: number): boolean {
    return this.#first[number] === 1;
  }

  /** The lowest number of that name; undefined when the target has no such chunk. */
  firstOf(name: Sha256): number | undefined {
    const number = this.#table[this.#placeOf(name)] ?? none;
    return number === none ? undefined : number;
  }

  /** All numbers of that name, ascending. */
  *allOf(name: Sha256): Generator<number, void, undefined> {
    let number = this.#table[this.#placeOf(name)] ?? none;
    while (number !== none) {
      yield number;
      number = this.#next[number] ?? none;
    }
  }

  get #isLost(): boolean {
    return this.#looks > looksPerName * this.#chunks.length + looksToSpare;
  }

  /** Where that name stands in the table, or would. Names are hashes already, and signed ones. */
  #placeOf(name: Sha256): number {
    const mask = this.#table.length - 1;
    let place = Number.parseInt(name.slice(0, 8), 16) & mask;
    for (;;) {
      this.#looks++;
      const number = this.#table[place] ?? none;
      if (number === none || this.#chunks.at(number)?.sha256 === name) return place;
      place = (place + 1) & mask;
    }
  }
}
