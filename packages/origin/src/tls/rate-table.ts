/** A rate, and how many may come at once after a rest. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const slots = 4_096; // only what is let through leaves a trace, so few of them are ever full
const keyBytesMax = 16;

/**
 * When a bucket that owes until `owedUntil` has room for one more, until when it owes then.
 * A token bucket in one number: the virtual scheduling form of the generic cell rate algorithm
 * (ITU-T I.371). @returns undefined when it has no room
 */
export function take(rate: Rate, owedUntil: number, now: number): number | undefined {
  const intervalMs = 1_000 / rate.perSecond;
  if (owedUntil - now > (rate.burst - 1) * intervalMs) return undefined;
  return Math.max(owedUntil, now) + intervalMs;
}

/**
 * A token bucket for each of any number of keys, in memory that never grows: a count-min sketch
 * of two rows with conservative update (Estan and Varghese 2002). Keys may share a slot of a row;
 * the less loaded row counts, so nobody gets more than `rate`, and somebody quiet gets less only
 * where both rows collide with busy ones. Slots are found by tabulation hashing over tables from
 * `random`: nobody can aim at another's slot.
 */
export class RateTable {
  readonly #rate: Rate;
  readonly #rows: readonly [Row, Row];

  constructor(rate: Rate, random: (into: Uint32Array) => void) {
    this.#rate = rate;
    this.#rows = [makeRow(random), makeRow(random)];
  }

  /** Charges `key`, of at most 16 bytes, for one act. @returns false when its share is used up */
  take(key: Uint8Array, now: number): boolean {
    const [a, b] = this.#rows;
    const [atA, atB] = [slotOf(a, key), slotOf(b, key)];
    const [owedA = 0, owedB = 0] = [a.owedUntil[atA], b.owedUntil[atB]];
    const next = take(this.#rate, Math.min(owedA, owedB), now);
    if (next === undefined) return false;
    a.owedUntil[atA] = Math.max(owedA, next);
    b.owedUntil[atB] = Math.max(owedB, next);
    return true;
  }
}

interface Row {
  readonly owedUntil: Float64Array;
  readonly scatter: Uint32Array;
}

function makeRow(random: (into: Uint32Array) => void): Row {
  const scatter = new Uint32Array(keyBytesMax * 256);
  random(scatter);
  return { owedUntil: new Float64Array(slots), scatter };
}

function slotOf({ scatter }: Row, key: Uint8Array): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash ^= scatter[at * 256 + (key[at] ?? 0)] ?? 0;
  return hash & (slots - 1);
}
