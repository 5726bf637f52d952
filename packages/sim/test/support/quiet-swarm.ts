import type { Swarm } from "../../src/swarm.ts";

/** A drill in which nothing befalls anybody, but for what `change` says. */
export function quietSwarm(change: Partial<Swarm> & Pick<Swarm, "routes">): Swarm {
  return {
    honest: 0,
    steadfast: false,
    captured: false,
    homeBytesPerSecond: 1e9,
    line: { length: 90_000, packed: true },
    publications: [],
    lifetimeMs: 24 * 3_600_000,
    rootKeys: { count: 3, threshold: 2 },
    crashes: [],
    diskFull: [],
    disk: { accessMs: 0.05, syncMs: 1, tellsRoom: true, strict: false },
    clock: { wild: false, offsetMs: 0, driftPpm: 0, jumps: [] },
    pollMs: 3_600_000,
    retryMs: 10_000,
    rebootMs: 1_000,
    safetyMs: 60_000,
    ...change,
  };
}
