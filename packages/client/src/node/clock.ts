import type { Clock } from "@causeway/kernel";

const timerMsMax = 2 ** 31 - 1; // a longer timer would fire at once

/** The machine's own clocks. */
export function nodeClock(): Clock {
  return {
    wall: () => Date.now(),
    steady: () => performance.now(),
    async sleep(ms, signal) {
      const end = performance.now() + ms;
      // At least one turn of the event loop, so that a loop of zero sleeps starves nobody.
      do {
        const left = Math.min(Math.max(end - performance.now(), 0), timerMsMax);
        await pause(left, signal);
      } while (performance.now() < end - 1);
    },
  };
}

/**
 * As node:timers/promises has it, without the AbortError that it makes at each end by a signal: a
 * body's every piece calls off a timer, and those errors were a tenth of a download's work.
 */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
