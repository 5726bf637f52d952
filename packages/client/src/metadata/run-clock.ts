import type { Clock } from "@causeway/kernel";

/**
 * A clock for one run: how the local one stood at its start, and the time that has passed since.
 * So a local clock that jumps meanwhile, or is set, changes no judgement half way.
 */
export function withoutJumps(clock: Clock): Clock {
  const start = clock.wall() - clock.steady();
  return {
    wall: () => Math.round(start + clock.steady()),
    steady: () => clock.steady(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
