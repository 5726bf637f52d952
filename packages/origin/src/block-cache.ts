import { blockBytes } from "./limits.ts";
import type { OpenFile } from "./open-file.ts";

const blocksPerFileMax = 2 ** 22; // a TiB; file and block number fit one safe integer

/**
 * Blocks of files, kept by last use within a bound of bytes. Every reader of a block sends the
 * same memory, so a thousand slow readers of one patch cost no more than one.
 */
export class BlockCache {
  readonly #bytesMax: number;
  readonly #blocks = new Map<number, Buffer>(); // in the order of last use
  readonly #reading = new Map<number, Promise<Buffer>>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The block when it is in memory. */
  peek(file: OpenFile, index: number): Buffer | undefined {
    const key = keyOf(file, index);
    const block = this.#blocks.get(key);
    if (block === undefined) return undefined;
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return block;
  }

  /** The block, from memory or from `file`, which the caller holds open. @throws {HostError} */
  async get(file: OpenFile, index: number): Promise<Buffer> {
    const block = this.peek(file, index);
    if (block !== undefined) return block;
    const key = keyOf(file, index);
    const pending = this.#reading.get(key);
    if (pending !== undefined) return pending;
    const reading = this.#read(file, index, key);
    this.#reading.set(key, reading);
    return reading;
  }

  /** Begins to read the block that will be asked for next; its failure is told then. */
  prefetch(file: OpenFile, index: number): void {
    if (!this.#blocks.has(keyOf(file, index))) this.get(file, index).catch(() => {});
  }

  async #read(file: OpenFile, index: number, key: number): Promise<Buffer> {
    file.acquire();
    try {
      const block = await file.readBlock(index);
      this.#keep(key, block);
      return block;
    } finally {
      file.release();
      this.#reading.delete(key);
    }
  }

  #keep(key: number, block: Buffer): void {
    this.#blocks.set(key, block);
    this.#bytes += block.length;
    for (const [oldest, old] of this.#blocks) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#blocks.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}

function keyOf(file: OpenFile, index: number): number {
  return file.id * blocksPerFileMax + index;
}

/** The number of blocks in a file of `size` bytes. */
export function blockCount(size: number): number {
  return Math.ceil(size / blockBytes);
}
