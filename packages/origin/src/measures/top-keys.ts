/** A key, and how often it was seen at least. */
export type KeyCount = readonly [key: string, atLeast: number];

/**
 * The keys that are seen most, whatever the number of all: Space-Saving (Metwally, Agrawal and
 * El Abbadi 2005). Of n that were seen, each key that makes up more than n / `size` is in it, and
 * counted short by no more than that.
 */
export class TopKeys {
  readonly #size: number;
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #counts: Float64Array;
  /** What a key may have been given of those that were pushed out by it. */
  readonly #errors: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#counts = new Float64Array(size);
    this.#errors = new Float64Array(size);
  }

  add(key: string): void {
    const slot = this.#slots.get(key) ?? this.#give(key);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** The `count` that are known to be most. */
  top(count: number): readonly KeyCount[] {
    const all = this.#keys.map((key, slot): KeyCount => {
      return [key, (this.#counts[slot] ?? 0) - (this.#errors[slot] ?? 0)];
    });
    return all.toSorted(([, a], [, b]) => b - a).slice(0, count);
  }

  clear(): void {
    this.#slots.clear();
    this.#keys.length = 0;
    this.#counts.fill(0);
    this.#errors.fill(0);
  }

  /** A slot of its own: a free one, or that of the key which was seen least. */
  #give(key: string): number {
    let slot = this.#keys.length;
    if (slot >= this.#size) {
      slot = this.#least();
      this.#slots.delete(this.#keys[slot] ?? "");
      this.#errors[slot] = this.#counts[slot] ?? 0;
    }
    this.#keys[slot] = key;
    this.#slots.set(key, slot);
    return slot;
  }

  #least(): number {
    let least = 0;
    let count = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.#size; slot++) {
      const each = this.#counts[slot] ?? 0;
      if (each >= count) continue;
      least = slot;
      count = each;
    }
    return least;
  }
}
