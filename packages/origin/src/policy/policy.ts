import type { Instant } from "@causeway/kernel";
import { type OpenedRule, shieldRules } from "../shield/rulebook.ts";
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
  /** Rules of the shield that turn nobody away meanwhile. */
  readonly opened: readonly OpenedRule[];
  /**
   * Ids (`kid`) of ticket keys whose tickets are good no more. This alone has no end: a stolen key
   * must not come back to life because time went by, and nobody is refused for it, since who shows
   * such a ticket is a newcomer.
   */
  readonly revokedKeys: readonly string[];
  /** Absent: the newest of the keys that has had its time to spread. */
  readonly signingKey?: SigningRule;
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

/** Which of the ticket keys signs. Where there is no such key, it is as if nothing were said. */
export interface SigningRule {
  readonly kid: string;
  readonly until: Instant;
}

export const usualShares = { machinePercent: 100, newcomersPercent: newcomersPercentMin } as const;

export const noPolicy: Policy = { retired: [], opened: [], revokedKeys: [] };

/** What can be opened. */
export const openableRules: readonly OpenedRule["rule"][] = ["all", ...shieldRules];

/** Bounds of a policy. */
export const policyLimits = {
  bytesMax: 32 * 1024, // with all names at their longest
  retiredMax: 64, // a vendor has a few names; each may have been attacked once
  revokedKeysMax: 16, // two are in a file at a time; those before may be restored from a copy
  machinePercent: { min: 10, max: 1_000 }, // a first look, and whatever the machine can bear
  newcomersPercent: { min: newcomersPercentMin, max: 80 }, // holders of tickets keep a fifth, too
  untilMsMax: 366 * 24 * 3_600_000, // whoever retires a name for longer takes it out of DNS
} as const;

/** When each rule ends. */
export function endsOf(policy: Policy): readonly Instant[] {
  const { retired, opened, draining, shares, signingKey } = policy;
  const rules = [...retired, ...opened, draining, shares, signingKey];
  return rules.filter((rule) => rule !== undefined).map(({ until }) => until);
}

/** The policy without what has ended. */
export function policyAt(policy: Policy, now: Instant): Policy {
  const { retired, opened, draining, shares, revokedKeys, signingKey } = policy;
  const lasts = ({ until }: Ending): boolean => until > now;
  return {
    retired: retired.filter(lasts),
    opened: opened.filter(lasts),
    revokedKeys,
    ...(draining !== undefined && lasts(draining) && { draining }),
    ...(shares !== undefined && lasts(shares) && { shares }),
    ...(signingKey !== undefined && lasts(signingKey) && { signingKey }),
  };
}

/** The policy, of which no rule is in force from `end` on. */
export function policyUntil(policy: Policy, end: Instant): Policy {
  const { retired, opened, draining, shares, revokedKeys, signingKey } = policy;
  const bounded = <Rule extends Ending>(rule: Rule): Rule => {
    return { ...rule, until: Math.min(rule.until, end) };
  };
  return {
    retired: retired.map(bounded),
    opened: opened.map(bounded),
    revokedKeys,
    ...(draining !== undefined && { draining: bounded(draining) }),
    ...(shares !== undefined && { shares: bounded(shares) }),
    ...(signingKey !== undefined && { signingKey: bounded(signingKey) }),
  };
}

/** What either says, each to the later end; of two rules of shares, or of who signs, `a`'s. */
export function unitedPolicy(a: Policy, b: Policy): Policy {
  const shares = a.shares ?? b.shares;
  const signingKey = a.signingKey ?? b.signingKey;
  const draining = [a.draining, b.draining].filter((each) => each !== undefined);
  return {
    retired: longest([...a.retired, ...b.retired], ({ host }) => host),
    opened: longest([...a.opened, ...b.opened], ({ rule }) => rule),
    revokedKeys: [...new Set([...a.revokedKeys, ...b.revokedKeys])],
    ...(draining.length > 0 && {
      draining: {
        refusesFrom: Math.min(...draining.map(({ refusesFrom }) => refusesFrom)),
        until: Math.max(...draining.map(({ until }) => until)),
      },
    }),
    ...(shares !== undefined && { shares }),
    ...(signingKey !== undefined && { signingKey }),
  };
}

interface Ending {
  readonly until: Instant;
}

/** Of those of one name the one that ends last, in the order of the names. */
function longest<Rule extends Ending>(
  rules: readonly Rule[],
  nameOf: (rule: Rule) => string,
): readonly Rule[] {
  const byName = new Map<string, Rule>();
  for (const rule of rules) {
    const other = byName.get(nameOf(rule));
    byName.set(nameOf(rule), other !== undefined && other.until > rule.until ? other : rule);
  }
  return [...byName.values()];
}
