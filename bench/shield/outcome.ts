import { Spread } from "../spread.ts";
import type { Attacked } from "./attack.ts";
import type { Phase, Visit, Visitor } from "./visit-job.ts";

/** What became of one kind of visitors in one phase, over all rounds of an attack. */
export class Outcome {
  readonly #rounds: readonly (readonly Visit[])[];

  constructor(rounds: readonly Attacked[], visitor: Visitor, phase: Phase) {
    this.#rounds = rounds.map(({ visits }) => {
      return visits.filter((visit) => visit.visitor === visitor && visit.phase === phase);
    });
  }

  get came(): number {
    return this.#rounds.flat().length;
  }

  get served(): number {
    return this.#rounds.flat().filter(({ ms }) => ms !== undefined).length;
  }

  /** Of all rounds together, from 0 to 1. */
  get success(): number {
    return this.served / this.came;
  }

  /** The same with so many tries at the most. */
  successWithin(tries: number): number {
    const served = this.#rounds.flat().filter((visit) => {
      return visit.ms !== undefined && visit.tries <= tries;
    });
    return served.length / this.came;
  }

  /** Milliseconds of those who were served, by round. */
  percentile(share: number): Spread {
    const each = this.#rounds.map((visits) => {
      const sorted = visits.flatMap(({ ms }) => ms ?? []).toSorted((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
    });
    return new Spread(each.filter((ms) => !Number.isNaN(ms)));
  }
}

/** As `99.7`, in percent; rounded down, so that nobody is rounded into a target. */
export function shownShare(share: number): string {
  if (Number.isNaN(share)) return "-";
  return share === 1 ? "100" : (Math.floor(share * 1000) / 10).toFixed(1);
}

/** As `12`, or `12 (9 to 30)` of several rounds, in milliseconds. */
export function shownMs(spread: Spread): string {
  const { median, least, most, runs } = spread;
  if (runs === 0) return "-";
  const [middle, low, high] = [median, least, most].map((ms) => ms.toFixed(ms < 10 ? 1 : 0));
  return runs === 1 ? `${middle}` : `${middle} (${low} to ${high})`;
}
