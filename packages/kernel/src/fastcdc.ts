import { chunkLengths } from "./chunk-index.ts";

// Where the mask changes. With 18 bits before it and 14 after it, random bytes give chunks of
// 64 KiB on average: 16 + 256 (1 - e^(-36/256)) + 16 e^(-36/256) = 63.5.
const normalLength = 52 * 1024;
const strictMask = -1 << 14; // the upper 18 bits: a cut is rare before `normalLength`
const looseMask = -1 << 18; // the upper 14 bits: and soon found after it

/** One 32-bit word per byte value; the rule stands in docs/chunk-index.md. */
export const gear: Readonly<Int32Array> = Int32Array.from({ length: 256 }, (_, byte) => {
  let word = Math.imul(byte + 1, 0x9e3779b9);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
});

/**
 * Cuts a stream of bytes into chunks by FastCDC (Xia et al., 2016). The cuts depend on the bytes
 * alone, never on how they are sliced; the parameters are fixed (docs/chunk-index.md).
 *
 * ```ts
 * for (let from = 0; ; ) {
 *   const end = chunker.next(bytes, from);
 *   if (end < 0) break; // the chunk goes on in the next slice, or ends with the stream
 *   from = end;
 * }
 * ```
 */
export class Chunker {
  #fingerprint = 0;
  #open = 0;

  /** Bytes of the chunk that is not cut yet. */
  get open(): number {
    return this.#open;
  }

  /**
   * Reads on at `bytes[from]`, which must be the stream's next byte.
   * @returns where in `bytes` the open chunk ends, or -1 when all of `bytes` belongs to it
   */
  next(bytes: Uint8Array, from: number): number {
    let at = this.#skip(bytes, from);
    if (this.#open < normalLength) at = this.#scan(bytes, at, normalLength, strictMask);
    if (at >= 0) at = this.#scan(bytes, at, chunkLengths.max, looseMask);
    if (at < 0) return this.#cut(-1 - at);
    return this.#open === chunkLengths.max ? this.#cut(at) : -1;
  }

  /** No chunk is shorter than the minimum, so its first bytes are not looked at. */
  #skip(bytes: Uint8Array, from: number): number {
    const skipped = Math.min(Math.max(chunkLengths.min - this.#open, 0), bytes.length - from);
    this.#open += skipped;
    return from + skipped;
  }

  /** @returns where it stopped looking, or -1 - end when it found the chunk's end */
  #scan(bytes: Uint8Array, from: number, openMax: number, mask: number): number {
    const end = Math.min(bytes.length, from + openMax - this.#open);
    const unrolledEnd = end - 3;
    let word = this.#fingerprint;
    let at = from;
    // Four times unrolled: about twice as fast as the plain loop.
    for (; at < unrolledEnd; at += 4) {
      word = ((word << 1) + (gear[bytes[at] as number] as number)) | 0;
      if ((word & mask) === 0) return -2 - at;
      word = ((word << 1) + (gear[bytes[at + 1] as number] as number)) | 0;
      if ((word & mask) === 0) return -3 - at;
      word = ((word << 1) + (gear[bytes[at + 2] as number] as number)) | 0;
      if ((word & mask) === 0) return -4 - at;
      word = ((word << 1) + (gear[bytes[at + 3] as number] as number)) | 0;
      if ((word & mask) === 0) return -5 - at;
    }
    for (; at < end; at++) {
      word = ((word << 1) + (gear[bytes[at] as number] as number)) | 0;
      if ((word & mask) === 0) return -2 - at;
    }
    this.#open += end - from;
    this.#fingerprint = word;
    return end;
  }

  #cut(at: number): number {
    this.#fingerprint = 0;
    this.#open = 0;
    return at;
  }
}

/** The lengths of the chunks of a whole target in memory, in order. */
export function chunkLengthsOf(bytes: Uint8Array): number[] {
  const chunker = new Chunker();
  const lengths: number[] = [];
  let from = 0;
  for (;;) {
    const end = chunker.next(bytes, from);
    if (end < 0) break;
    lengths.push(end - from);
    from = end;
  }
  if (chunker.open > 0) lengths.push(chunker.open);
  return lengths;
}
