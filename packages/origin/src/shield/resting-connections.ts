/** A connection over which nothing is asked now. */
export interface Restable {
  /** From now on it is not listened to. */
  rest(): void;
  listen(): void;
}

/**
 * Connections without a place, which have nothing to do: they are listened to by turns. However many
 * there are, few of them can be ready at once; and nobody is sent away who would only come back and
 * send away the next one, over and over.
 */
export class RestingConnections<Each extends Restable> {
  readonly #turnMax: number;
  readonly #resting = new Set<Each>(); // in the order of their turns
  readonly #listening = new Set<Each>();

  /** @param turnMax how many are listened to at once */
  constructor(turnMax: number) {
    this.#turnMax = turnMax;
  }

  get size(): number {
    return this.#resting.size + this.#listening.size;
  }

  add(connection: Each): void {
    connection.rest();
    this.#resting.add(connection);
  }

  /** It is listened to from now on. @returns false when it was not here */
  delete(connection: Each): boolean {
    if (this.#listening.delete(connection)) return true;
    if (!this.#resting.delete(connection)) return false;
    connection.listen();
    return true;
  }

  /** Listens to all of them, none of whom rests any more. */
  wakeAll(): readonly Each[] {
    const all = [...this.#resting, ...this.#listening];
    for (const connection of all) this.delete(connection);
    return all;
  }

  /** Listens to the next ones, instead of those that have said nothing in their turn. */
  nextTurn(): void {
    const before = [...this.#listening];
    this.#listening.clear();
    for (const connection of this.#resting) {
      if (this.#listening.size === this.#turnMax) break;
      this.#resting.delete(connection);
      this.#listening.add(connection);
      connection.listen();
    }
    const room = this.#turnMax - this.#listening.size;
    for (const connection of before.slice(0, room)) this.#listening.add(connection);
    for (const connection of before.slice(room)) this.add(connection);
  }
}
