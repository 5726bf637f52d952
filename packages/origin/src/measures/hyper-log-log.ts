import type { Hash } from "./keyed-hash.ts";

const indexBits = 12;
const registerCount = 2 ** indexBits;
const rankMax = 64 - indexBits + 1;

/**
 * How many distinct values were seen, in 4 KiB, whatever their number: HyperLogLog (Flajolet et al.
 * 2007) on hashes of 64 bits, so that no correction is needed for large numbers (Heule et al.
 * 2013), with the estimator that needs none for small ones either (Ertl, "New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017, algorithm 6, without its correction for
 * ranks that only 2^50 values reach). The standard error is 1.04 / sqrt(4096): 1.6 %.
 */
export class HyperLogLog {
  readonly #registers = new Uint8Array(registerCount);

  /** `hash` must be even over all its bits. */
  add([first, second]: Hash): void {
    const index = first & (registerCount - 1);
    const rank =
      second === 0 ? 33 + Math.clz32(first >>> indexBits) - indexBits : 1 + Math.clz32(second);
    if (rank > (this.#registers[index] ?? 0)) this.#registers[index] = rank;
  }

  /** Afterwards it has seen what `other` saw, too. */
  merge(other: HyperLogLog): void {
    for (let at = 0; at < registerCount; at++) {
      const rank = other.#registers[at] ?? 0;
      if (rank > (this.#registers[at] ?? 0)) this.#registers[at] = rank;
    }
  }

  clear(): void {
    this.#registers.fill(0);
  }

  estimate(): number {
    const having = new Float64Array(rankMax + 1);
    for (const rank of this.#registers) having[rank] = (having[rank] ?? 0) + 1;
    let z = 0;
    for (let rank = rankMax; rank >= 1; rank--) z = (z + (having[rank] ?? 0)) / 2;
    z += registerCount * sigma((having[0] ?? 0) / registerCount);
    return registerCount ** 2 / (2 * Math.LN2 * z);
  }

  /** All that it has seen, for `fromText` in another process. */
  toText(): string {
    return Buffer.from(this.#registers).toString("base64");
  }

  static fromText(text: string): HyperLogLog {
    const sketch = new HyperLogLog();
    sketch.#registers.set(Buffer.from(text, "base64").subarray(0, registerCount));
    return sketch;
  }
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let x = share;
  let y = 1;
  let z = x;
  for (let before = Number.NaN; z !== before; ) {
    before = z;
    x *= x;
    z += x * y;
    y *= 2;
  }
  return z;
}
