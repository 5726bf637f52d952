import { Envelope, type Header } from "./envelope.ts";
import { readKeys } from "./keys.ts";
import { limits } from "./limits.ts";
import { type TopLevelRole, topLevelRoles } from "./role-names.ts";
import { type Authority, isRotated, readAuthority } from "./signatures.ts";

/** Which keys may sign for the four top-level roles (TUF 1.0.34 section 4.3). */
export interface Root extends Header {
  /** Whether metadata and targets lie on routes under names with version or hash. */
  readonly consistentSnapshot: boolean;
  readonly authorities: Readonly<Record<TopLevelRole, Authority>>;
}

/**
 * Reads a root that a threshold of `last` signed, if that is given, and one of its own keys.
 * @throws {TrustError}
 */
export function readRoot(bytes: Uint8Array, last?: Authority): Root {
  const envelope = new Envelope(bytes, "root", "root", limits.rootBytesMax);
  // First by keys that are known: a stranger's hundreds of large keys would cost seconds.
  if (last !== undefined) envelope.requireSignedBy(last);
  const { signed } = envelope;
  const keys = readKeys(signed, "root");
  signed.members("roles", topLevelRoles.length); // each of the four is read below, so no fifth
  const roles = signed.object("roles");
  const authority = (role: TopLevelRole): Authority => {
    return readAuthority(roles.object(role), keys, `root: role ${role}`);
  };
  const root = {
    ...envelope.header,
    consistentSnapshot: signed.has("consistent_snapshot") && signed.boolean("consistent_snapshot"),
    authorities: {
      root: authority("root"),
      timestamp: authority("timestamp"),
      snapshot: authority("snapshot"),
      targets: authority("targets"),
    },
  };
  envelope.requireSignedBy(root.authorities.root);
  return root;
}

/**
 * True when `next` takes a timestamp or snapshot key away: the versions that were signed before
 * may be an attacker's, so they must not keep newer ones out (section 5.3.11).
 */
export function isRecovery(last: Root, next: Root): boolean {
  return (["timestamp", "snapshot"] as const).some((role) => {
    return isRotated(last.authorities[role], next.authorities[role]);
  });
}
