/** How many messages are read: of each sender, so that one who floods hides nobody else. */
export class SenderBudget {
  readonly #perSender: number;
  readonly #sendersMax: number;
  readonly #read = new Map<string, number>();

  constructor(perSender: number, sendersMax: number) {
    this.#perSender = perSender;
    this.#sendersMax = sendersMax;
  }

  /** Whether one more message of the sender is to be read. */
  take(sender: string): boolean {
    const read = this.#read.get(sender);
    if (read === undefined && this.#read.size >= this.#sendersMax) return false;
    if ((read ?? 0) >= this.#perSender) return false;
    this.#read.set(sender, (read ?? 0) + 1);
    return true;
  }

  /** Begins anew. */
  reset(): void {
    this.#read.clear();
  }
}
