interface Waiting<Item, Value> {
  readonly item: Item;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Does together what is asked for one by one, where each run costs a way to another machine and
 * back: whatever comes while a run is under way goes into the next.
 */
export class Batches<Item, Value> {
  readonly #run: (items: readonly Item[]) => Promise<readonly Value[]>;
  #waiting: Waiting<Item, Value>[] = [];
  #isRunning = false;

  /** @param run gives a value for each item, in their order, or fails for all of them */
  constructor(run: (items: readonly Item[]) => Promise<readonly Value[]>) {
    this.#run = run;
  }

  ask(item: Item): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      setImmediate(() => void this.#runAll()); // whoever asks for many asks at once
    });
  }

  async #runAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const values = await this.#run(batch.map(({ item }) => item));
        for (const [at, { resolve }] of batch.entries()) resolve(values[at] as Value);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }
}
