const movedMs = 1_000; // a clock that is only brought into step moves by less between two looks

/** Tells that the wall clock was set: it then is otherwise ahead of a clock that never goes back. */
export class ClockMoves {
  readonly #ahead: () => number;
  #aheadBefore: number;
  #count = 0;

  /** `wall` in milliseconds since the Unix epoch, `steady` in those of any start. */
  constructor(wall: () => number, steady: () => number) {
    this.#ahead = () => wall() - steady();
    this.#aheadBefore = this.#ahead();
  }

  /** How many times it was found to be set. Slow drift adds up to a move, too. */
  count(): number {
    const ahead = this.#ahead();
    if (Math.abs(ahead - this.#aheadBefore) < movedMs) return this.#count;
    this.#aheadBefore = ahead;
    return ++this.#count;
  }
}
