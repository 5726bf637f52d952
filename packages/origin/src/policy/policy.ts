import type { Instant } from "@causeway/kernel";
import { newcomersPercentMin } from "../shield/waiting-line.ts";

/**
 * How an origin is to serve while it runs. Plain data, so that workers can be told. Each rule ends
 * by itself: what somebody forgets at night must not refuse customers for ever.
 */
export interface Policy {
  /** Who asks by one of these names is told to go elsewhere, and gets nothing else. */
  readonly retired: readonly RetiredName[];
  /** Absent: it serves whoever comes. */
  readonly draining?: Draining;
  /** Absent: the usual ones. */
  readonly shares?: ShareRule;
}

export interface RetiredName {
  /** As `hostNameOf` gives it. */
  readonly host: string;
  readonly until: Instant;
}

/**
 * The origin is to be left alone soon: it asks to be sent nothing new and closes each connection
 * behind an answer. What is under way ends well.
 */
export interface Draining {
  /** Until then whoever comes is served all the same; from then on told to go elsewhere. */
  readonly refusesFrom: Instant;
  readonly until: Instant;
}

/** Who gets how much while there is not enough for all. */
export interface ShareRule {
  /** What one machine is worth, in percent of what limits.ts says. */
  readonly machinePercent: number;
  /** What newcomers keep of the line at least, in percent of turns and places. */
  readonly newcomersPercent: number;
  readonly until: Instant;
}

export const usualShares = { machinePercent: 100, newcomersPercent: newcomersPercentMin } as const;

export const noPolicy: Policy = { retired: [] };

/** Bounds of a policy. */
export const policyLimits = {
  bytesMax: 32 * 1024, // with all names at their longest
  retiredMax: 64, // a vendor has a few names; each may have been attacked once
  machinePercent: { min: 10, max: 1_000 }, // a first look, and whatever the machine can bear
  newcomersPercent: { min: newcomersPercentMin, max: 80 }, // holders of tickets keep a fifth, too
  untilMsMax: 366 * 24 * 3_600_000, // whoever retires a name for longer takes it out of DNS
} as const;

/** When each rule ends. */
export function endsOf({ retired, draining, shares }: Policy): readonly Instant[] {
  const rules = [...retired, draining, shares].filter((rule) => rule !== undefined);
  return rules.map(({ until }) => until);
}

/** The policy without what has ended. */
export function policyAt({ retired, draining, shares }: Policy, now: Instant): Policy {
  return {
    retired: retired.filter(({ until }) => until > now),
    ...(draining !== undefined && draining.until > now && { draining }),
    ...(shares !== undefined && shares.until > now && { shares }),
  };
}

/** The policy, of which nothing is in force from `end` on. */
export function policyUntil({ retired, draining, shares }: Policy, end: Instant): Policy {
  const bounded = <Rule extends { readonly until: Instant }>(rule: Rule): Rule => {
    return { ...rule, until: Math.min(rule.until, end) };
  };
  return {
    retired: retired.map(bounded),
    ...(draining !== undefined && { draining: bounded(draining) }),
    ...(shares !== undefined && { shares: bounded(shares) }),
  };
}

/** What either says; of two rules of shares, `a`'s. */
export function unitedPolicy(a: Policy, b: Policy): Policy {
  const ends = new Map<string, Instant>();
  for (const { host, until } of [...a.retired, ...b.retired]) {
    ends.set(host, Math.max(until, ends.get(host) ?? until));
  }
  const shares = a.shares ?? b.shares;
  const draining = [a.draining, b.draining].filter((each) => each !== undefined);
  return {
    retired: [...ends].map(([host, until]) => ({ host, until })),
    ...(draining.length > 0 && {
      draining: {
        refusesFrom: Math.min(...draining.map(({ refusesFrom }) => refusesFrom)),
        until: Math.max(...draining.map(({ until }) => until)),
      },
    }),
    ...(shares !== undefined && { shares }),
  };
}
