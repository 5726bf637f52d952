import { createHash } from "node:crypto";
import { Fields, malformed } from "@causeway/kernel";
import { readKeys, type VerificationKey } from "./keys.ts";
import { limits } from "./limits.ts";
import type { MatchingWork } from "./matching-work.ts";
import { compilePattern, mayMatch } from "./pattern.ts";
import { isDelegatedRoleName } from "./role-names.ts";
import { type Authority, readAuthority } from "./signatures.ts";

/** One step from a targets role to another that may speak for a path. */
export interface Delegation {
  readonly role: string;
  readonly authority: Authority;
  /** Nothing that comes later may speak for the path. */
  readonly isTerminating: boolean;
}

/** Whom a targets role trusts with which paths. */
export interface Delegations {
  /**
   * The delegations that speak for `path`, the most trusted first, up to a terminating one.
   * @throws {TrustError} `TRUST_LIMIT`
   */
  for(path: string, work: MatchingWork): readonly Delegation[];
  /** The delegations to any of these roles, whatever they speak for; the most trusted first. */
  among(roles: RoleNames): readonly Delegation[];
}

type RoleNames = Pick<ReadonlyMap<string, unknown>, "has" | "keys">;

interface DelegatedRole extends Delegation {
  covers(path: string, pathDigest: string, work: MatchingWork): boolean;
}

// What it costs, in characters that are compared, to look at a pattern, and to compile one
// character of it.
const lookSteps = 16;
const compileSteps = 4;

const noDelegations: Delegations = { for: () => [], among: () => [] };

/**
 * Reads the `delegations` of a targets document, if it has any.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function readDelegations(signed: Fields, subject: string): Delegations {
  if (!signed.has("delegations")) return noDelegations;
  const fields = signed.object("delegations");
  const keys = readKeys(fields, subject);
  if (fields.has("roles") === fields.has("succinct_roles")) {
    throw malformed(subject, "delegates neither to roles nor to succinct roles, or to both");
  }
  if (fields.has("succinct_roles")) {
    return readSuccinctRoles(fields.object("succinct_roles"), keys, subject);
  }
  const roles = fields.objects("roles", limits.delegatedRolesMax).map((role) => {
    return readDelegatedRole(role, keys, subject);
  });
  if (new Set(roles.map(({ role }) => role)).size !== roles.length) {
    throw malformed(subject, "delegates to one role twice");
  }
  return {
    for: (path, work) => covering(roles, path, work),
    among: (names) => roles.filter(({ role }) => names.has(role)),
  };
}

function covering(
  roles: readonly DelegatedRole[],
  path: string,
  work: MatchingWork,
): readonly Delegation[] {
  const found: Delegation[] = [];
  const digest = digestOf(path);
  for (const role of roles) {
    if (!role.covers(path, digest, work)) continue;
    found.push(role);
    if (role.isTerminating) break;
  }
  return found;
}

function readDelegatedRole(
  fields: Fields,
  keys: ReadonlyMap<string, VerificationKey>,
  subject: string,
): DelegatedRole {
  const role = fields.string("name");
  if (!isDelegatedRoleName(role)) throw malformed(subject, "delegates to a role of a wrong name");
  if (fields.has("paths") === fields.has("path_hash_prefixes")) {
    throw malformed(subject, "delegates neither by paths nor by path_hash_prefixes, or by both");
  }
  return {
    role,
    authority: readAuthority(fields, keys, subject),
    isTerminating: fields.boolean("terminating"),
    covers: fields.has("paths") ? byPaths(fields, subject) : byHashPrefixes(fields),
  };
}

function byPaths(fields: Fields, subject: string): DelegatedRole["covers"] {
  const patterns = fields.strings("paths", limits.pathsMax);
  if (patterns.some((pattern) => pattern.length > limits.patternLengthMax)) {
    throw malformed(subject, "has a path pattern that is too long");
  }
  return (path, _digest, work) => {
    return patterns.some((pattern) => {
      work.take(lookSteps);
      if (!mayMatch(pattern, path)) return false;
      work.take(pattern.length * compileSteps);
      return compilePattern(pattern)(path, work);
    });
  };
}

function byHashPrefixes(fields: Fields): DelegatedRole["covers"] {
  const prefixes = fields.strings("path_hash_prefixes", limits.pathsMax);
  return (_path, digest) => prefixes.some((prefix) => digest.startsWith(prefix));
}

/** TAP 15: the first bits of the path's digest number the one bin that speaks for it. */
function readSuccinctRoles(
  fields: Fields,
  keys: ReadonlyMap<string, VerificationKey>,
  subject: string,
): Delegations {
  const bitLength = fields.integer("bit_length", 1, 32);
  const prefix = fields.string("name_prefix");
  if (!isDelegatedRoleName(`${prefix}-00000000`)) {
    throw malformed(subject, "delegates to bins of a wrong name");
  }
  const authority = readAuthority(fields, keys, subject);
  const suffixLength = (2 ** bitLength - 1).toString(16).length;
  const toBin = (suffix: string): Delegation => {
    return { role: `${prefix}-${suffix}`, authority, isTerminating: true };
  };
  return {
    for: (path) => {
      const bits = Number.parseInt(digestOf(path).slice(0, 8), 16);
      const bin = Math.floor(bits / 2 ** (32 - bitLength));
      const suffix = bin.toString(16).padStart(suffixLength, "0");
      return [toBin(suffix)];
    },
    among: (names) => {
      const suffixes = [...names.keys()].flatMap((name) => {
        const suffix = name.slice(prefix.length + 1);
        return name === `${prefix}-${suffix}` ? [suffix] : [];
      });
      const isBin = (suffix: string): boolean => {
        if (suffix.length !== suffixLength || !/^[0-9a-f]+$/.test(suffix)) return false;
        return Number.parseInt(suffix, 16) < 2 ** bitLength;
      };
      return suffixes.filter(isBin).map(toBin);
    },
  };
}

function digestOf(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}
