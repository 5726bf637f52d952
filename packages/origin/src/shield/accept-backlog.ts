/**
 * Whether connections wait to be accepted: in the last turn of the event loop, as many came in as
 * half of what can come in one. How many wait the system does not tell Node, and who of them has a
 * ticket nobody knows before it is accepted and read.
 */
export class AcceptBacklog {
  readonly #many: number;
  readonly #afterTurn: (then: () => void) => void;
  readonly #onEnd: () => void;
  #accepted = 0;
  #exists = false;
  #isTurnWatched = false;

  /**
   * @param perTurn how many can be accepted in one turn
   * @param afterTurn calls back when the event loop has come round
   * @param onEnd called when there is none any more
   */
  constructor(perTurn: number, afterTurn: (then: () => void) => void, onEnd: () => void) {
    this.#many = perTurn / 2;
    this.#afterTurn = afterTurn;
    this.#onEnd = onEnd;
  }

  get exists(): boolean {
    return this.#exists;
  }

  noteAccepted(): void {
    this.#accepted++;
    this.#watchTurn();
  }

  #watchTurn(): void {
    if (this.#isTurnWatched) return;
    this.#isTurnWatched = true;
    this.#afterTurn(() => {
      this.#isTurnWatched = false;
      const didExist = this.#exists;
      this.#exists = this.#accepted >= this.#many;
      this.#accepted = 0;
      if (this.#exists) this.#watchTurn();
      else if (didExist) this.#onEnd();
    });
  }
}
