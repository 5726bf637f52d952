/** Bounds of held refusals; see limits.ts for the figures and why. */
export interface HeldRefusalsBounds {
  readonly heldMax: number;
  readonly heldMs: { readonly least: number; readonly most: number };
  readonly heldAnswersPerSecond: number;
}

/**
 * Refusals that are answered late. An answer at once invites whoever floods to ask again at once;
 * until it comes, it costs nothing but its place here. When many are held they are answered later
 * still, at a rate that costs little.
 */
export class HeldRefusals<Each extends object> {
  readonly #bounds: HeldRefusalsBounds;
  readonly #random: () => number;
  readonly #dueAt = new Map<Each, number>();
  #lastDueAt = 0;

  /** `random` as Math.random */
  constructor(bounds: HeldRefusalsBounds, random: () => number) {
    this.#bounds = bounds;
    this.#random = random;
  }

  get count(): number {
    return this.#dueAt.size;
  }

  /** `now` in milliseconds. @returns false when there is no place left */
  hold(refused: Each, now: number): boolean {
    const { heldMax, heldMs, heldAnswersPerSecond } = this.#bounds;
    if (this.#dueAt.size >= heldMax) return false;
    // Spread: those who were refused together must not ask together again.
    const spreadMs = this.#random() * (heldMs.most - heldMs.least);
    // Never before its turn at the rate, as a line of them would be served.
    this.#lastDueAt = Math.max(this.#lastDueAt + 1_000 / heldAnswersPerSecond, now);
    this.#dueAt.set(refused, Math.max(this.#lastDueAt, now + heldMs.least + spreadMs));
    return true;
  }

  /** Its client has given up. */
  leave(refused: Each): void {
    this.#dueAt.delete(refused);
  }

  /** Takes out those that are to be answered by now; with Infinity all. */
  takeDue(now: number): readonly Each[] {
    const due: Each[] = [];
    for (const [refused, dueAt] of this.#dueAt) if (dueAt <= now) due.push(refused);
    for (const refused of due) this.#dueAt.delete(refused);
    return due;
  }
}
