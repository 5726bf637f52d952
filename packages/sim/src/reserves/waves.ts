import type { Dice } from "../dice.ts";

/** Reserves whose keys nobody was given, opened for all in an attack. Times are minutes. */
export interface WavePlan {
  readonly routes: number;
  /** How many are opened together. */
  readonly atOnce: number;
  /** From opening until the attacker, who reads what clients read, has killed them. */
  readonly reaction: number;
  /** From that until the vendor has opened the next. */
  readonly pause: number;
  /** A machine without a route looks for news once in each, at a minute that it draws. */
  readonly window: number;
}

export interface WaveOutcome {
  /** Minutes in which some reserve could be reached. */
  readonly minutes: number;
  /** Parts of a thousand of the machines that came by in one of them. */
  readonly reachedPerMille: number;
}

/** How many machines that have no route left get to a reserve before all have fallen. */
export function openInWaves(plan: WavePlan, machines: number, dice: Dice): WaveOutcome {
  const { routes, atOnce, reaction, pause, window } = plan;
  const waves = Math.ceil(routes / atOnce);
  const isOpen = (minute: number): boolean => {
    const wave = Math.floor(minute / (reaction + pause));
    return wave < waves && minute - wave * (reaction + pause) < reaction;
  };
  const end = waves * (reaction + pause);
  let reached = 0;
  for (let machine = 0; machine < machines; machine++) {
    for (let start = 0; start < end; start += window) {
      if (!isOpen(start + dice.below(window))) continue;
      reached++;
      break;
    }
  }
  const reachedPerMille = Math.round((reached * 1000) / machines);
  return { minutes: waves * reaction, reachedPerMille };
}
