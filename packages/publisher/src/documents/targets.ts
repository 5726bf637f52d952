import {
  Fields,
  type Instant,
  invariant,
  isSha256,
  isTargetPath,
  type JsonInput,
  malformed,
  routeListPath,
} from "@causeway/kernel";
import { decodeRoleKeys, type RoleKeys } from "../keys/tuf-key.ts";
import { binnedRoles } from "./bins.ts";
import { common, type SignedDocument } from "./document.ts";
import { encodeKeys, encodeRole } from "./root.ts";
import type { TargetEntry } from "./target-entry.ts";

/** Whose keys speak for patches with all that belongs to them, and whose for routes. */
export interface DelegatedKeys {
  readonly patches: RoleKeys;
  readonly routes: RoleKeys;
}

/** The targets document: nothing of its own, and two keys that cannot sign for each other. */
export function encodeTargets(version: number, expires: Instant, keys: DelegatedKeys): JsonInput {
  const delegate = (name: string, paths: readonly string[], role: RoleKeys): JsonInput => {
    return { name, paths, terminating: true, ...encodeRole(role) };
  };
  const roles = [
    ...binnedRoles.map(({ name, paths }) => delegate(name, paths, keys.patches)),
    delegate("routes", [routeListPath], keys.routes),
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
