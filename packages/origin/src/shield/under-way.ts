/** How many answers are under way for each of those who ask. Whose have ended takes no memory. */
export class UnderWay {
  readonly #counts = new Map<string, number>();

  countOf(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** @returns what ends it; safe to call twice */
  begin(key: string): () => void {
    this.#counts.set(key, this.countOf(key) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = this.countOf(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }
}
