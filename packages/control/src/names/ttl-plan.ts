import type { Instant } from "@causeway/kernel";

/** When a name's change has to be in force, and what stands in the way. */
export interface TtlNeed {
  readonly now: Instant;
  /** Until then the old value may be used, and from then on no honest cache shall have it. */
  readonly effectiveAt: Instant;
  readonly ttlSeconds: number;
  readonly loweredTtlSeconds: number;
  /** How much longer than told some resolvers keep what they have, and secondaries take. */
  readonly marginSeconds: number;
}

/** When to do what, so that it is in force in time; and when it will be, if it is late already. */
export interface TtlPlan {
  /** Lower the TTL by then: what was cached before is gone from caches in time. */
  readonly lowerBy: Instant;
  /** Make the change by then. */
  readonly changeBy: Instant;
  /** When the old value is gone from honest caches, if each is done in time, or else now. */
  readonly goneAt: Instant;
  /** The same without lowering, if the change is made now. */
  readonly goneUnlowered: Instant;
  readonly isLate: boolean;
}

/** Some resolvers keep everything for five minutes at least, whatever the TTL. */
export const usualMarginSeconds = 300;

/**
 * A cache has an old value for at most its TTL from when it asked (RFC 2181 section 8): with the old
 * TTL if it asked before the TTL was lowered, with the low one if it asked before the change.
 */
export function planTtl(need: TtlNeed): TtlPlan {
  const { now, effectiveAt, ttlSeconds, marginSeconds } = need;
  const low = Math.min(need.loweredTtlSeconds, ttlSeconds);
  const lowerBy = effectiveAt - (ttlSeconds + marginSeconds) * 1000;
  const changeBy = effectiveAt - (low + marginSeconds) * 1000;
  const lowersAt = Math.max(now, lowerBy);
  const changesAt = Math.max(lowersAt, changeBy);
  const asked = Math.max(lowersAt + ttlSeconds * 1000, changesAt + low * 1000);
  const goneAt = asked + marginSeconds * 1000;
  const goneUnlowered = now + (ttlSeconds + marginSeconds) * 1000;
  return { lowerBy, changeBy, goneAt, goneUnlowered, isLate: goneAt > effectiveAt };
}
