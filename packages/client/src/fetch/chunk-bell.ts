import type { Clock } from "@causeway/kernel";
import { over } from "../routes/cancel.ts";

/** Wakes one waiting loop. A ring while nobody waits is kept for the next wait. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or after `ms`. Leaves no timer behind. */
  async wait(clock: Clock, ms: number | undefined): Promise<void> {
    if (!this.#rung) {
      const timer = new AbortController();
      const rung = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const waits = [rung];
      if (ms !== undefined) waits.push(clock.sleep(ms, timer.signal).catch(() => undefined)); // we end it
      await Promise.race(waits);
      this.#wake = undefined;
      timer.abort(over);
    }
    this.#rung = false;
  }
}
