import type { Dice } from "../dice.ts";
import type { Answer, Asked, Reply } from "../network/reply.ts";
import type { Vendor } from "../vendor/vendor.ts";

/** One request, and what the route has to answer it with. */
export interface Situation {
  readonly asked: Asked;
  readonly vendor: Vendor;
  /** The number of the newest state that the route has. */
  readonly state: number;
  /** What an honest route with that state answers, or with an earlier one, or of another file. */
  readonly honest: (state?: number, path?: string) => Answer;
}

/** What a route does with requests. A fault is a value: the drill draws some. */
export interface Behaviour {
  /** For the report: what it is, with what was drawn. */
  readonly name: string;
  /** True when it answers nothing, ever. */
  readonly dead?: boolean;
  /** True when it has a stolen key: honest routes alone cannot undo what it does with it. */
  readonly thief?: boolean;
  /** True when it is honest, but fails now and then. */
  readonly busy?: boolean;
  /** True when its `Date` headers are wrong. */
  readonly liesDate?: boolean;
  /** True when its answers come so slowly that one holds up a run. */
  readonly drips?: boolean;
  /** What it does at its private entrances, by their ports. */
  readonly entrances?: ReadonlyMap<number, Behaviour>;
  readonly reply: (situation: Situation) => Reply;
}

/** Draws one behaviour of a family. */
export type Family = (dice: Dice) => Behaviour;

export const honest: Behaviour = {
  name: "honest",
  reply: (situation) => situation.honest(),
};
