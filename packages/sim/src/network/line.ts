import type { Dice } from "../dice.ts";

/** A span of world time in which nothing passes. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** The way between the customer and one route. */
export interface LineTraits {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
  /** Pieces lost and sent again, in 1,000. */
  readonly lossPerMille: number;
  /** Pieces after which the connection breaks, in 1,000. */
  readonly resetPerMille: number;
  readonly outages: readonly Outage[];
  /** Bytes of a body after which something on the way breaks the connection, each time. */
  readonly cutAfter?: number;
}

const retransmitMs = 300; // TCP's first; each further one comes after twice as long
const retransmissionsMax = 9; // after some minutes the connection is given up

/** What one piece or packet meets on its way. */
export type Passage =
  | { readonly kind: "arrives"; readonly afterMs: number }
  | { readonly kind: "broken" }
  /** Not before anybody loses patience. */
  | { readonly kind: "never" };

/** A line with its own dice. Its bandwidth is shared by all that is sent over it. */
export class Line {
  traits: LineTraits;
  readonly #dice: Dice;
  #freeAt = 0;

  constructor(traits: LineTraits, dice: Dice) {
    this.traits = traits;
    this.#dice = dice;
  }

  /** When bytes that are sent at `now` have left, behind those that were sent before. */
  occupy(length: number, now: number): number {
    const ms = (length * 1000) / this.traits.bytesPerSecond;
    this.#freeAt = Math.max(this.#freeAt, now) + ms;
    return this.#freeAt;
  }

  /** One way for what leaves at `at`. */
  pass(at: number): Passage {
    const { latencyMs, lossPerMille, resetPerMille } = this.traits;
    if (resetPerMille > 0 && this.#dice.chance(resetPerMille, 1000)) return { kind: "broken" };
    let wait = 0;
    for (let tries = 0; tries <= retransmissionsMax; tries++) {
      const lost = lossPerMille > 0 && this.#dice.chance(lossPerMille, 1000);
      if (!lost && !this.isOut(at + wait)) {
        return { kind: "arrives", afterMs: wait + latencyMs };
      }
      wait += retransmitMs * 2 ** tries;
    }
    return { kind: "never" };
  }

  isOut(at: number): boolean {
    return this.traits.outages.some(({ from, to }) => from <= at && at < to);
  }
}
