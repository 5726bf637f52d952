import type { Instant } from "@causeway/kernel";

/**
 * How an origin is to serve while it runs. Plain data, so that workers can be told. Each rule ends
 * by itself: what somebody forgets at night must not refuse customers for ever.
 */
export interface Policy {
  /** Who asks by one of these names is told to go elsewhere, and gets nothing else. */
  readonly retired: readonly RetiredName[];
}

export interface RetiredName {
  /** As `hostNameOf` gives it. */
  readonly host: string;
  readonly until: Instant;
}

export const noPolicy: Policy = { retired: [] };

/** Bounds of a policy. */
export const policyLimits = {
  bytesMax: 32 * 1024, // with all names at their longest
  retiredMax: 64, // a vendor has a few names; each may have been attacked once
  untilMsMax: 366 * 24 * 3_600_000, // whoever retires a name for longer takes it out of DNS
} as const;

/** The policy without what has ended. */
export function policyAt(policy: Policy, now: Instant): Policy {
  return { retired: policy.retired.filter(({ until }) => until > now) };
}
