import { Fields, type Json, malformed } from "@causeway/kernel";
import { type Delegations, readDelegations } from "./delegation.ts";
import type { Envelope, Header } from "./envelope.ts";
import { type Hashes, readHashes } from "./meta-file.ts";

/** What a targets role says of one file, apart from where it lies. */
export interface TargetEntry {
  /** Bytes. */
  readonly length: number;
  readonly hashes: Hashes;
  readonly custom: Json | undefined;
}

/** The document of the top-level targets role or of a delegated one (TUF 1.0.34 section 4.5). */
export interface Targets extends Header {
  readonly entries: ReadonlyMap<string, TargetEntry>;
  readonly delegations: Delegations;
}

const entriesMax = 1024 * 1024; // more than fit into the longest document

/** @throws {TrustError} `TRUST_MALFORMED`, also for a target without a length or hashes */
export function readTargets(envelope: Envelope, role: string): Targets {
  const entries = new Map<string, TargetEntry>();
  const targets = envelope.signed.members("targets", entriesMax);
  for (const [path, value] of targets) {
    const subject = `${role}: ${path.slice(0, 80)}`;
    entries.set(path, readEntry(new Fields(value, subject), subject));
  }
  const delegations = readDelegations(envelope.signed, role);
  return { ...envelope.header, entries, delegations };
}

function readEntry(fields: Fields, subject: string): TargetEntry {
  const custom = fields.get("custom");
  if (custom !== undefined && !(custom instanceof Map)) {
    throw malformed(subject, '"custom" is not an object');
  }
  return { length: fields.integer("length", 0), hashes: readHashes(fields, subject), custom };
}
