import { Fields, type Instant, type JsonInput } from "@causeway/kernel";
import { decodeRoleKeys, encodeKey, type RoleKeys, type TufKey } from "../keys/tuf-key.ts";
import { common, type SignedDocument } from "./document.ts";

export const topRoles = ["root", "targets", "snapshot", "timestamp"] as const;
export type TopRole = (typeof topRoles)[number];

/** Who speaks for what, as a root document says. */
export type TopKeys = Readonly<Record<TopRole, RoleKeys>>;

export function encodeRoot(version: number, expires: Instant, roles: TopKeys): JsonInput {
  return {
    ...common("root", version, expires),
    consistent_snapshot: true,
    keys: encodeKeys(topRoles.map((role) => roles[role])),
    roles: Object.fromEntries(topRoles.map((role) => [role, encodeRole(roles[role])])),
  };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function topKeysOf(document: SignedDocument): TopKeys {
  const fields = new Fields(document.signed, "root");
  const roles = fields.object("roles");
  const keys = fields.object("keys");
  const read = (role: TopRole): RoleKeys => decodeRoleKeys(roles.object(role), keys, "root");
  return {
    root: read("root"),
    targets: read("targets"),
    snapshot: read("snapshot"),
    timestamp: read("timestamp"),
  };
}

export function encodeKeys(roles: readonly RoleKeys[]): JsonInput {
  const keys = new Map<string, TufKey>(roles.flatMap((role) => [...role.keys]));
  return new Map([...keys].map(([keyId, key]) => [keyId, encodeKey(key)]));
}

export function encodeRole(role: RoleKeys): { readonly [name: string]: JsonInput } {
  return { keyids: [...role.keys.keys()], threshold: role.threshold };
}
