import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "@causeway/kernel";

const timerMsMax = 2 ** 31 - 1; // a longer timer would fire at once

/** The machine's own clocks. */
export function nodeClock(): Clock {
  return {
    wall: () => Date.now(),
    steady: () => performance.now(),
    async sleep(ms, signal) {
      const end = performance.now() + ms;
      try {
        // At least one turn of the event loop, so that a loop of zero sleeps starves nobody.
        do {
          const left = Math.min(Math.max(end - performance.now(), 0), timerMsMax);
          await pause(left, undefined, signal && { signal });
        } while (performance.now() < end - 1);
      } catch (error) {
        throw signal?.aborted === true ? signal.reason : error;
      }
    },
  };
}
