import { asSentence, type Instant, UsageError } from "@causeway/kernel";
import { hostNameOf } from "../host-name.ts";
import type { OpenedRule } from "../shield/rulebook.ts";
import { keyId } from "../shield/ticket-key-file.ts";
import { notKnown } from "./known-members.ts";
import { openableRules, type Policy, policyLimits, usualShares } from "./policy.ts";

/** What an operator wants to be otherwise. */
export type PolicyChange =
  | { readonly kind: "retire"; readonly host: string; readonly until: Instant }
  | { readonly kind: "restore"; readonly host: string }
  | { readonly kind: "drain"; readonly refusesFrom: Instant; readonly until: Instant }
  | { readonly kind: "undrain" }
  | {
      readonly kind: "shares";
      /** Undefined: as it was. */
      readonly machinePercent: number | undefined;
      readonly newcomersPercent: number | undefined;
      readonly until: Instant;
    }
  | { readonly kind: "usual-shares" }
  | { readonly kind: "open"; readonly rule: string; readonly until: Instant }
  | { readonly kind: "close"; readonly rule: string }
  | { readonly kind: "revoke" | "accept"; readonly kid: string }
  | { readonly kind: "sign"; readonly kid: string; readonly until: Instant }
  | { readonly kind: "usual-key" };

/**
 * The policy with the change made; a rule that is there already gets its new end.
 * @throws {UsageError} `USAGE_ARGUMENT` no host name, too many, or one to restore that is not
 * retired; no rule of the shield, or one to close that is not open; no key's id, too many, or one
 * to accept that is not revoked
 */
export function changedPolicy(policy: Policy, change: PolicyChange): Policy {
  switch (change.kind) {
    case "retire": {
      const host = named(change.host);
      const retired = [...without(policy, host), { host, until: change.until }];
      if (retired.length <= policyLimits.retiredMax) return { ...policy, retired };
      const message = `at most ${policyLimits.retiredMax} names can be retired at once.`;
      throw new UsageError("USAGE_ARGUMENT", message);
    }
    case "restore": {
      const host = named(change.host);
      const retired = without(policy, host);
      if (retired.length < policy.retired.length) return { ...policy, retired };
      const names = policy.retired.map((each) => each.host).join(", ") || "none";
      throw new UsageError("USAGE_ARGUMENT", `${host} is not retired here; retired are: ${names}.`);
    }
    case "drain":
      return { ...policy, draining: { refusesFrom: change.refusesFrom, until: change.until } };
    case "undrain": {
      const { draining: _, ...rest } = policy;
      return rest;
    }
    case "shares": {
      const { machinePercent, newcomersPercent } = policy.shares ?? usualShares;
      const shares = {
        machinePercent: change.machinePercent ?? machinePercent,
        newcomersPercent: change.newcomersPercent ?? newcomersPercent,
        until: change.until,
      };
      return { ...policy, shares };
    }
    case "usual-shares": {
      const { shares: _, ...rest } = policy;
      return rest;
    }
    case "open":
    case "close":
      return { ...policy, opened: openedAfter(policy, change) };
    case "sign":
      return { ...policy, signingKey: { kid: keyId(change.kid), until: change.until } };
    case "usual-key": {
      const { signingKey: _, ...rest } = policy;
      return rest;
    }
    default:
      return { ...policy, revokedKeys: revokedAfter(policy, change) };
  }
}

function revokedAfter(
  { revokedKeys }: Policy,
  change: Extract<PolicyChange, { kind: "revoke" | "accept" }>,
): Policy["revokedKeys"] {
  const kid = keyId(change.kid);
  const others = revokedKeys.filter((each) => each !== kid);
  if (change.kind === "revoke") {
    if (others.length < policyLimits.revokedKeysMax) return [...others, kid];
    const message = `${revokedKeys.length} keys are revoked; accept those first that no file has any more.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  if (others.length < revokedKeys.length) return others;
  const kids = revokedKeys.join(", ") || "none";
  throw new UsageError("USAGE_ARGUMENT", `${kid} is not revoked here; revoked are: ${kids}.`);
}

function openedAfter(
  { opened }: Policy,
  change: Extract<PolicyChange, { kind: "open" | "close" }>,
): Policy["opened"] {
  const rule = openable(change.rule);
  const others = opened.filter((each) => each.rule !== rule);
  if (change.kind === "open") return [...others, { rule, until: change.until }];
  if (others.length < opened.length) return others;
  const names = opened.map((each) => each.rule).join(", ") || "none";
  throw new UsageError("USAGE_ARGUMENT", `${rule} is not open here; open are: ${names}.`);
}

function without({ retired }: Policy, host: string): Policy["retired"] {
  return retired.filter((each) => each.host !== host);
}

function openable(text: string): OpenedRule["rule"] {
  const rule = openableRules.find((each) => each === text);
  if (rule !== undefined) return rule;
  throw new UsageError("USAGE_ARGUMENT", asSentence(notKnown(text, openableRules)));
}

function named(text: string): string {
  const host = hostNameOf(text);
  if (host !== undefined) return host;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new UsageError("USAGE_ARGUMENT", `${shown} is no host name, as update.example.com.`);
}
