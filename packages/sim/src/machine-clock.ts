import type { Clock } from "@causeway/kernel";
import type { Life } from "./life.ts";
import { type World, worldBegin } from "./world.ts";

/** A machine's clock: right, or decades off, drifting, and set anew at any moment. */
export class MachineClock {
  readonly #world: World;
  readonly #driftPpm: number;
  #offsetMs: number;

  constructor(world: World, offsetMs: number, driftPpm: number) {
    this.#world = world;
    this.#offsetMs = offsetMs;
    this.#driftPpm = driftPpm;
  }

  /** The clock's time minus the true one. */
  get offsetMs(): number {
    return this.#offsetMs + (this.#world.now * this.#driftPpm) / 1e6;
  }

  jump(ms: number): void {
    this.#offsetMs += ms;
    this.#world.note(`clock jumps by ${ms} ms, is ${Math.round(this.offsetMs)} ms off`);
  }

  /** As one run of a program sees it. */
  of(life: Life): Clock {
    const world = this.#world;
    return {
      wall: () => Math.floor(worldBegin + world.now + this.offsetMs),
      steady: () => world.now - life.bornAt,
      sleep: (ms, signal) =>
        life.call<void>(({ resolve, reject }) => {
          if (signal?.aborted === true) {
            reject(signal.reason);
            return;
          }
          const onAbort = (): void => {
            plan.cancel();
            reject(signal?.reason);
          };
          const plan = world.after(ms, () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          });
          signal?.addEventListener("abort", onAbort, { once: true });
        }),
    };
  }
}
