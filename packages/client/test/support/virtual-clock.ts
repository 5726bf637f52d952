import type { Clock } from "@causeway/kernel";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes only when nobody has anything to do. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<Sleeper>();

  wall(): number {
    return this.#now;
  }

  steady(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Those that nobody woke or cancelled. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass until `work` is over. */
  async run<Value>(work: Promise<Value>): Promise<Value> {
    let over = false;
    const watched = work.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (over) return await watched;
      const [next] = [...this.#sleepers].toSorted((a, b) => a.at - b.at);
      if (next === undefined) throw new Error("everyone waits, and nothing will happen");
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}
