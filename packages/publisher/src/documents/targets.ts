import { createHash } from "node:crypto";
import {
  Fields,
  type Instant,
  invariant,
  isSha256,
  isTargetPath,
  type JsonInput,
  malformed,
  routeListPath,
  type Sha256,
  type TargetPath,
} from "@causeway/kernel";
import { decodeRoleKeys, type RoleKeys } from "../keys/tuf-key.ts";
import { common, type SignedDocument } from "./document.ts";
import { encodeKeys, encodeRole } from "./root.ts";

/** What a bin says of one file. */
export interface TargetEntry {
  readonly path: TargetPath;
  readonly length: number;
  readonly sha256: Sha256;
  readonly custom?: JsonInput;
}

/** Who speaks for the two delegated roles, as the targets document says. */
export interface DelegatedKeys {
  readonly patches: RoleKeys;
  readonly routes: RoleKeys;
}

const bitLength = 8;
export const binCount = 2 ** bitLength;
const patchPaths = ["patches/*/*/*/*", "products/*", "advisories/*"];

/** The role of the bin, as `patches-3f`. */
export function binName(index: number): string {
  return `patches-${index.toString(16).padStart(2, "0")}`;
}

/** Which bin vouches for the path: the first bits of its SHA-256 (TAP 15). */
function binOf(path: TargetPath): number {
  const first = createHash("sha256").update(path).digest()[0];
  invariant(first !== undefined, "a digest has bytes");
  return first;
}

/** The targets document: nothing of its own, and two roles that cannot sign for each other. */
export function encodeTargets(version: number, expires: Instant, keys: DelegatedKeys): JsonInput {
  const roles = [
    { name: "patches", paths: patchPaths, terminating: true, ...encodeRole(keys.patches) },
    { name: "routes", paths: [routeListPath], terminating: true, ...encodeRole(keys.routes) },
  ];
  return {
    ...common("targets", version, expires),
    targets: {},
    delegations: { keys: encodeKeys([keys.patches, keys.routes]), roles },
  };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function delegatedKeysOf(document: SignedDocument): DelegatedKeys {
  const delegations = new Fields(document.signed, "targets").object("delegations");
  const keys = delegations.object("keys");
  const roles = delegations.objects("roles", 16);
  const read = (name: string): RoleKeys => {
    const role = roles.find((candidate) => candidate.string("name") === name);
    if (role === undefined) throw malformed("targets", `does not delegate to ${name}`);
    return decodeRoleKeys(role, keys, "targets");
  };
  return { patches: read("patches"), routes: read("routes") };
}

/** The patches document: it only spreads its targets over the bins. */
export function encodePatches(version: number, expires: Instant, keys: RoleKeys): JsonInput {
  const succinct = { ...encodeRole(keys), bit_length: bitLength, name_prefix: "patches" };
  return {
    ...common("targets", version, expires),
    targets: {},
    delegations: { keys: encodeKeys([keys]), succinct_roles: succinct },
  };
}

/** A document that vouches for files: a bin, or the routes document. */
export function encodeEntries(
  version: number,
  expires: Instant,
  entries: readonly TargetEntry[],
): JsonInput {
  const targets = new Map<string, JsonInput>();
  for (const { path, length, sha256, custom } of entries) {
    invariant(isTargetPath(path) && isSha256(sha256), "a target has a portable path and a hash");
    invariant(!targets.has(path), "a document vouches for a path once");
    targets.set(path, { length, hashes: { sha256 }, custom });
  }
  return { ...common("targets", version, expires), targets };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function entriesOf(document: SignedDocument, subject: string): readonly TargetEntry[] {
  const targets = new Fields(document.signed, subject).object("targets");
  const entries: TargetEntry[] = [];
  for (const [path] of targets.entries()) {
    if (!isTargetPath(path)) throw malformed(subject, "has a path that not every route can carry");
    const entry = targets.object(path);
    const length = entry.integer("length", 0);
    const sha256 = entry.object("hashes").sha256("sha256");
    const custom = entry.get("custom");
    entries.push({ path, length, sha256, ...(custom !== undefined && { custom }) });
  }
  return entries;
}

/** The entries of each bin; linear. */
export function intoBins(entries: Iterable<TargetEntry>): readonly (readonly TargetEntry[])[] {
  const bins: TargetEntry[][] = Array.from({ length: binCount }, () => []);
  for (const entry of entries) bins[binOf(entry.path)]?.push(entry);
  return bins;
}
