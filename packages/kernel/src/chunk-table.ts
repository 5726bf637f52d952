import { toHex } from "./hex.ts";
import type { Sha256 } from "./names.ts";

/** One content-defined piece of a target, in the target's order. */
export interface Chunk {
  readonly sha256: Sha256;
  /** Where it starts in the target. */
  readonly offset: number;
  readonly length: number;
  /** Where its zstd frame starts in the pack; meaningless when there is no pack. */
  readonly packOffset: number;
  readonly packLength: number;
}

/** The chunks of one target, by number; an array is one. */
export interface Chunks extends Iterable<Chunk> {
  readonly length: number;
  /** Undefined beyond the last one. */
  at(number: number): Chunk | undefined;
}

/** Bytes of one chunk in an encoded index: length, frame's length, SHA-256. */
export const chunkEntryLength = 4 + 4 + 32;

/**
 * Chunks that stay as they were encoded, 56 bytes each with their places: as objects they would
 * be 400, and a target of 10 GiB has 160,000 of them.
 */
export class ChunkTable implements Chunks {
  readonly #entries: Uint8Array;
  readonly #view: DataView;
  readonly #offsets: Float64Array;
  readonly #packOffsets: Float64Array;

  /** @param entries not to be changed afterwards */
  constructor(entries: Uint8Array) {
    this.#entries = entries;
    this.#view = new DataView(entries.buffer, entries.byteOffset, entries.length);
    const count = Math.floor(entries.length / chunkEntryLength);
    this.#offsets = new Float64Array(count + 1);
    this.#packOffsets = new Float64Array(count + 1);
    for (let number = 0; number < count; number++) {
      const at = number * chunkEntryLength;
      this.#offsets[number + 1] = this.#before(this.#offsets, number) + this.#uint32(at);
      this.#packOffsets[number + 1] =
        this.#before(this.#packOffsets, number) + this.#uint32(at + 4);
    }
  }

  get length(): number {
    return this.#offsets.length - 1;
  }

  /** Bytes of all chunks, and of all their frames. */
  get lengths(): { readonly target: number; readonly pack: number } {
    const { length } = this;
    return {
      target: this.#before(this.#offsets, length),
      pack: this.#before(this.#packOffsets, length),
    };
  }

  at(number: number): Chunk | undefined {
    if (!Number.isInteger(number) || number < 0 || number >= this.length) return undefined;
    const at = number * chunkEntryLength;
    const chunk = new TableChunk(this.#entries, at + 8);
    chunk.offset = this.#before(this.#offsets, number);
    chunk.length = this.#uint32(at);
    chunk.packOffset = this.#before(this.#packOffsets, number);
    chunk.packLength = this.#uint32(at + 4);
    return chunk;
  }

  *[Symbol.iterator](): Generator<Chunk, void, undefined> {
    for (let number = 0; number < this.length; number++) {
      const chunk = this.at(number);
      if (chunk !== undefined) yield chunk;
    }
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #before(sums: Float64Array, number: number): number {
    return sums[number] ?? 0;
  }
}

/** Spells its name out only when somebody asks. */
class TableChunk implements Chunk {
  offset = 0;
  length = 0;
  packOffset = 0;
  packLength = 0;
  readonly #entries: Uint8Array;
  readonly #digestAt: number;

  constructor(entries: Uint8Array, digestAt: number) {
    this.#entries = entries;
    this.#digestAt = digestAt;
  }

  get sha256(): Sha256 {
    return toHex(this.#entries.subarray(this.#digestAt, this.#digestAt + 32)) as Sha256;
  }
}
