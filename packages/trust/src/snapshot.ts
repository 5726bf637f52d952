import { Fields, malformed, TrustError } from "@causeway/kernel";
import type { Envelope, Header } from "./envelope.ts";
import { type MetaFile, readMetaFile } from "./meta-file.ts";

/** Which version of every targets role belongs together (TUF 1.0.34 section 4.4). */
export interface Snapshot extends Header {
  /** By role, without the `.json`. Holds `targets`. */
  readonly roles: ReadonlyMap<string, MetaFile>;
}

const rolesMax = 256 * 1024; // fewer than fit into the longest snapshot
const extension = ".json";

/** @throws {TrustError} `TRUST_MALFORMED` */
export function readSnapshot(envelope: Envelope): Snapshot {
  const roles = new Map<string, MetaFile>();
  for (const [name, value] of envelope.signed.members("meta", rolesMax)) {
    const subject = `snapshot: ${name.slice(0, 80)}`;
    const meta = readMetaFile(new Fields(value, subject), subject);
    // Another extension would be another format's metadata, of no role of ours.
    if (name.endsWith(extension)) roles.set(name.slice(0, -extension.length), meta);
  }
  if (!roles.has("targets")) throw malformed("snapshot", "does not list targets.json");
  return { ...envelope.header, roles };
}

/**
 * Returns when nothing in `next` is older than in `last`, and nothing is gone
 * (TUF 1.0.34 section 5.5.5).
 * @throws {TrustError} `TRUST_ROLLBACK`
 */
export function requireNoRollback(last: Snapshot, next: Snapshot): void {
  for (const [role, { version }] of last.roles) {
    const now = next.roles.get(role)?.version;
    if (now !== undefined && now >= version) continue;
    const what = now === undefined ? "no longer listed" : `back to version ${now}`;
    const message = `${role.slice(0, 80)} is ${what}; version ${version} is trusted already`;
    throw new TrustError("TRUST_ROLLBACK", "snapshot", message);
  }
}
