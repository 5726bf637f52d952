import { hash } from "node:crypto";
import {
  artifactSuffixes,
  type Instant,
  invariant,
  type JsonInput,
  type TargetPath,
} from "@causeway/kernel";
import { compilePattern } from "@causeway/trust";
import type { RoleKeys } from "../keys/tuf-key.ts";
import { common } from "./document.ts";
import { encodeKeys, encodeRole } from "./root.ts";
import type { TargetEntry } from "./target-entry.ts";

/** A delegated role that spreads its targets over hash bins (TAP 15). */
interface BinnedRole {
  readonly name: string;
  readonly paths: readonly string[];
  readonly bitLength: number;
}

/**
 * What the release key speaks for, the first that covers a path. Apart by who reads it: a first
 * check reads one bin of products and one of patches; nobody but a client of another make looks
 * up artifacts, since a patch's record vouches for them. Why so many: docs/adr/0006.
 */
export const binnedRoles: readonly BinnedRole[] = [
  {
    name: "artifacts",
    paths: artifactSuffixes.map((suffix) => `patches/*/*/*/*${suffix}`),
    bitLength: 6,
  },
  { name: "products", paths: ["products/*"], bitLength: 5 },
  { name: "patches", paths: ["patches/*/*/*/*", "advisories/*"], bitLength: 8 },
];

/** As a client reads the patterns; what ends otherwise need not be looked at closely. */
const covers = binnedRoles.map(({ paths }) => {
  return paths.map((pattern) => {
    const end = pattern.slice(pattern.lastIndexOf("*") + 1);
    const matches = compilePattern(pattern);
    return (path: string): boolean => path.endsWith(end) && matches(path);
  });
});

/** The names of a role's bins, as `patches-3f`, in the order of their numbers. */
function binNames({ name, bitLength }: BinnedRole): readonly string[] {
  const count = 2 ** bitLength;
  const digits = (count - 1).toString(16).length;
  return Array.from({ length: count }, (_, number) => {
    return `${name}-${number.toString(16).padStart(digits, "0")}`;
  });
}

const namesByRole = binnedRoles.map(binNames);

/** All bins of all roles, in the order in which they are signed and written. */
export const allBins: readonly string[] = namesByRole.flat();

/** The bin that vouches for the path: the first bits of its SHA-256 number it. */
export function binOf(path: TargetPath): string {
  const role = covers.findIndex((patterns) => patterns.some((isCovered) => isCovered(path)));
  const first = hash("sha256", path, "buffer").readUInt32BE(0);
  const bin = namesByRole[role]?.[first >>> (32 - (binnedRoles[role]?.bitLength ?? 0))];
  invariant(bin !== undefined, "some role speaks for every path that is published");
  return bin;
}

/** The entries of every bin, also of the empty ones; linear. */
export function intoBins(
  entries: Iterable<TargetEntry>,
): ReadonlyMap<string, readonly TargetEntry[]> {
  const bins = new Map<string, TargetEntry[]>(allBins.map((name) => [name, []]));
  for (const entry of entries) bins.get(binOf(entry.path))?.push(entry);
  return bins;
}

/** The document of a binned role: it only spreads its targets over the bins. */
export function encodeBinned(
  version: number,
  expires: Instant,
  { name, bitLength }: BinnedRole,
  keys: RoleKeys,
): JsonInput {
  const succinct = { ...encodeRole(keys), bit_length: bitLength, name_prefix: name };
  return {
    ...common("targets", version, expires),
    targets: {},
    delegations: { keys: encodeKeys([keys]), succinct_roles: succinct },
  };
}
