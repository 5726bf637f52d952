import type { Clock } from "@causeway/kernel";
import { sleep as realSleep } from "./origin.ts";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Pick<Clock, "steady" | "sleep"> {
  #now = 0;
  #sleepers: readonly Sleeper[] = [];

  steady(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers = [...this.#sleepers, sleeper];
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Goes on by `ms`; whoever sleeps until then wakes, one after another. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await realSleep(0); // what woke may sleep again
      const [next] = this.#sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((each) => each !== next);
      this.#now = next.at;
      next.wake();
    }
    this.#now = end;
  }
}
