import { DebtTable } from "../shield/debt-table.ts";

/** A rate, and how many may come at once after a rest. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const slots = 4_096; // only what is let through leaves a trace, so few of them are ever full

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

/** A token bucket for each of any number of keys. Nobody gets more than `rate`. */
export class RateTable {
  readonly #rate: Rate;
  readonly #debts: DebtTable;

  constructor(rate: Rate, random: (into: Uint32Array) => void) {
    this.#rate = rate;
    this.#debts = new DebtTable(slots, random);
  }

  /** Charges `key`, of at most 64 bytes, for one act. @returns false when its share is used up */
  take(key: Uint8Array, now: number): boolean {
    const owedMs = this.#debts.owedMs(key, now);
    const next = take(this.#rate, now + owedMs, now);
    if (next === undefined) return false;
    this.#debts.charge(key, next - now - owedMs, now);
    return true;
  }
}
