import type { Chunk, Sha256 } from "@causeway/kernel";

/** Finds chunks of one index by name. The same bytes may stand at several places of a target. */
export class ChunkNames {
  readonly #first = new Map<Sha256, number>();
  readonly #next: Int32Array; // the next number of the same name, or -1

  constructor(chunks: readonly Chunk[]) {
    this.#next = new Int32Array(chunks.length).fill(-1);
    for (let number = chunks.length - 1; number >= 0; number--) {
      const name = chunks[number]?.sha256;
      if (name === undefined) continue;
      this.#next[number] = this.#first.get(name) ?? -1;
      this.#first.set(name, number);
    }
  }

  /** The lowest number of that name; undefined when the target has no such chunk. */
  firstOf(name: Sha256): number | undefined {
    return this.#first.get(name);
  }

  /** All numbers of that name, ascending. */
  *allOf(name: Sha256): Generator<number, void, undefined> {
    let number = this.#first.get(name) ?? -1;
    while (number >= 0) {
      yield number;
      number = this.#next[number] ?? -1;
    }
  }
}
