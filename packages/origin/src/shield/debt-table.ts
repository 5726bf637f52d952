const keyBytesMax = 64;

/**
 * What each of any number of keys owes, in milliseconds that it works off as time goes by, in memory
 * that never grows: a count-min sketch of two rows with conservative update (Estan and Varghese
 * 2002). Keys may share a slot of a row; the smaller of both counts, so nobody is found to owe less
 * than it does, and somebody quiet to owe more only where both rows collide with busy ones. Slots
 * are found by tabulation hashing over tables from `random`: nobody can aim at another's slot.
 */
export class DebtTable {
  readonly #slots: number;
  readonly #owedMsMax: number;
  readonly #rows: readonly [Row, Row];

  /**
   * `slots` is a power of two: twice as many numbers are kept.
   * @param owedMsMax what would be owed beyond is forgiven
   */
  constructor(
    slots: number,
    random: (into: Uint32Array) => void,
    owedMsMax: number = Number.POSITIVE_INFINITY,
  ) {
    this.#slots = slots;
    this.#owedMsMax = owedMsMax;
    this.#rows = [makeRow(slots, random), makeRow(slots, random)];
  }

  /** What `key`, of at most 64 bytes, owes at `now`. */
  owedMs(key: Uint8Array, now: number): number {
    const [a, b] = this.#rows;
    const owedA = a.owedUntil[this.#slotOf(a, key)] ?? 0;
    const owedB = b.owedUntil[this.#slotOf(b, key)] ?? 0;
    return Math.max(0, Math.min(owedA, owedB) - now);
  }

  charge(key: Uint8Array, ms: number, now: number): void {
    const owedUntil = now + Math.min(this.owedMs(key, now) + ms, this.#owedMsMax);
    for (const row of this.#rows) {
      const at = this.#slotOf(row, key);
      row.owedUntil[at] = Math.max(row.owedUntil[at] ?? 0, owedUntil);
    }
  }

  #slotOf({ scatter }: Row, key: Uint8Array): number {
    let hash = 0;
    for (let at = 0; at < key.length; at++) hash ^= scatter[at * 256 + (key[at] ?? 0)] ?? 0;
    return hash & (this.#slots - 1);
  }
}

interface Row {
  readonly owedUntil: Float64Array;
  readonly scatter: Uint32Array;
}

function makeRow(slots: number, random: (into: Uint32Array) => void): Row {
  const scatter = new Uint32Array(keyBytesMax * 256);
  random(scatter);
  return { owedUntil: new Float64Array(slots), scatter };
}
