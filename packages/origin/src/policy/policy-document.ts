import {
  Fields,
  type Instant,
  isUtcSecond,
  type JsonInput,
  malformed,
  toUtcSecond,
} from "@causeway/kernel";
import { hostNameOf } from "../host-name.ts";
import type { OpenedRule } from "../shield/rulebook.ts";
import { isKid } from "../shield/ticket-key-file.ts";
import { notKnown, refuseUnknown } from "./known-members.ts";
import {
  type Draining,
  openableRules,
  type Policy,
  policyLimits,
  type RetiredName,
  type ShareRule,
  type SigningRule,
  usualShares,
} from "./policy.ts";

const subject = "policy";
const members = ["retired", "opened", "draining", "shares", "revokedKeys", "signingKey"] as const;

/** The policy as JSON, with times as people read them. */
export function encodePolicy(policy: Policy): { readonly [name: string]: JsonInput } {
  const { retired, opened, draining, shares, revokedKeys, signingKey } = policy;
  return {
    retired: retired.map(({ host, until }) => ({ host, until: toUtcSecond(until) })),
    ...(opened.length > 0 && {
      opened: opened.map(({ rule, until }) => ({ rule, until: toUtcSecond(until) })),
    }),
    ...(draining !== undefined && {
      draining: {
        refusesFrom: toUtcSecond(draining.refusesFrom),
        until: toUtcSecond(draining.until),
      },
    }),
    ...(shares !== undefined && { shares: { ...shares, until: toUtcSecond(shares.until) } }),
    ...(revokedKeys.length > 0 && { revokedKeys: [...revokedKeys] }),
    ...(signingKey !== undefined && {
      signingKey: { kid: signingKey.kid, until: toUtcSecond(signingKey.until) },
    }),
  };
}

/**
 * Reads a policy. A member that is missing says nothing; one that is not known is refused: it may
 * be a rule, mistyped.
 * @param now what ends more than a year from then on is refused
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodePolicy(fields: Fields, now: Instant): Policy {
  refuseUnknown(fields, members, subject);
  const retired = fields.has("retired")
    ? fields.objects("retired", policyLimits.retiredMax).map((rule) => decodeRetired(rule, now))
    : [];
  if (new Set(retired.map(({ host }) => host)).size < retired.length) {
    throw malformed(subject, "retires a name twice");
  }
  const opened = fields.has("opened")
    ? fields.objects("opened", openableRules.length).map((rule) => decodeOpened(rule, now))
    : [];
  if (new Set(opened.map(({ rule }) => rule)).size < opened.length) {
    throw malformed(subject, "opens a rule twice");
  }
  return {
    retired,
    opened,
    revokedKeys: fields.has("revokedKeys") ? decodeRevoked(fields) : [],
    ...(fields.has("draining") && { draining: decodeDraining(fields.object("draining"), now) }),
    ...(fields.has("shares") && { shares: decodeShares(fields.object("shares"), now) }),
    ...(fields.has("signingKey") && {
      signingKey: decodeSigning(fields.object("signingKey"), now),
    }),
  };
}

function decodeRetired(fields: Fields, now: Instant): RetiredName {
  refuseUnknown(fields, ["host", "until"], subject);
  return { host: fields.matching("host", isHostName), until: decodeUntil(fields, now) };
}

function decodeOpened(fields: Fields, now: Instant): OpenedRule {
  refuseUnknown(fields, ["rule", "until"], subject);
  const text = fields.string("rule");
  const rule = openableRules.find((each) => each === text);
  if (rule !== undefined) return { rule, until: decodeUntil(fields, now) };
  throw malformed(subject, notKnown(text, openableRules));
}

function decodeDraining(fields: Fields, now: Instant): Draining {
  refuseUnknown(fields, ["refusesFrom", "until"], subject);
  const refusesFrom = Date.parse(fields.matching("refusesFrom", isUtcSecond));
  const until = decodeUntil(fields, now);
  if (refusesFrom <= until) return { refusesFrom, until };
  throw malformed(subject, '"refusesFrom" is after "until"');
}

function decodeShares(fields: Fields, now: Instant): ShareRule {
  refuseUnknown(fields, ["machinePercent", "newcomersPercent", "until"], subject);
  const percent = (name: "machinePercent" | "newcomersPercent"): number => {
    const { min, max } = policyLimits[name];
    return fields.has(name) ? fields.integer(name, min, max) : usualShares[name];
  };
  return {
    machinePercent: percent("machinePercent"),
    newcomersPercent: percent("newcomersPercent"),
    until: decodeUntil(fields, now),
  };
}

function decodeRevoked(fields: Fields): readonly string[] {
  const kids = fields.strings("revokedKeys", policyLimits.revokedKeysMax);
  if (!kids.every(isKid)) throw malformed(subject, "revokes what is no key's id");
  if (new Set(kids).size === kids.length) return kids;
  throw malformed(subject, "revokes a key twice");
}

function decodeSigning(fields: Fields, now: Instant): SigningRule {
  refuseUnknown(fields, ["kid", "until"], subject);
  return { kid: fields.matching("kid", isKid), until: decodeUntil(fields, now) };
}

function decodeUntil(fields: Fields, now: Instant): Instant {
  const until = Date.parse(fields.matching("until", isUtcSecond));
  if (until <= now + policyLimits.untilMsMax) return until;
  throw malformed(subject, '"until" is more than a year away');
}

function isHostName(text: string): text is string {
  return hostNameOf(text) === text;
}
