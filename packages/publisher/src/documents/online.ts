import { Fields, type Instant, type JsonInput, malformed, toUtcSecond } from "@causeway/kernel";
import { signedAtField } from "@causeway/trust";
import { sha256Of } from "../disk/digest.ts";
import { common, type SignedDocument } from "./document.ts";

/**
 * The snapshot document. It has versions only: it is signed, and a bin is too, so that hashes of
 * 256 bins would only make every client's check 25 KB longer.
 */
export function encodeSnapshot(
  version: number,
  expires: Instant,
  versions: ReadonlyMap<string, number>,
): JsonInput {
  const meta = new Map<string, JsonInput>();
  for (const [role, roleVersion] of versions) meta.set(`${role}.json`, { version: roleVersion });
  return { ...common("snapshot", version, expires), meta };
}

/** @returns the version of each role, by role name @throws {TrustError} `TRUST_MALFORMED` */
export function versionsOf(snapshot: SignedDocument): ReadonlyMap<string, number> {
  const meta = new Fields(snapshot.signed, "snapshot").object("meta");
  const versions = new Map<string, number>();
  for (const [name] of meta.entries()) {
    if (!name.endsWith(".json")) throw malformed("snapshot", "names a file that is no role");
    versions.set(name.slice(0, -".json".length), meta.object(name).integer("version", 1));
  }
  return versions;
}

/** The timestamp document; it also tells clients with wrong clocks when it was signed. */
export function encodeTimestamp(
  version: number,
  expires: Instant,
  lifeMs: number,
  snapshot: { readonly version: number; readonly bytes: Uint8Array },
): JsonInput {
  const { bytes } = snapshot;
  const described = {
    version: snapshot.version,
    length: bytes.length,
    hashes: { sha256: sha256Of(bytes) },
  };
  return {
    ...common("timestamp", version, expires),
    [signedAtField]: toUtcSecond(expires - lifeMs),
    meta: { "snapshot.json": described },
  };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function snapshotVersionOf(timestamp: SignedDocument): number {
  const meta = new Fields(timestamp.signed, "timestamp").object("meta");
  return meta.object("snapshot.json").integer("version", 1);
}
