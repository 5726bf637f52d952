import { Envelope } from "./envelope.ts";
import { limits } from "./limits.ts";
import { unlessRefused } from "./refusal.ts";
import type { Authority } from "./signatures.ts";
import { readSnapshot, type Snapshot } from "./snapshot.ts";
import { readTimestamp, type Timestamp } from "./timestamp.ts";

/** A verified document with what is needed to verify it again under another authority. */
export interface Kept<Document> {
  readonly document: Document;
  readonly envelope: Envelope;
  readonly bytes: Uint8Array;
}

/** @throws {TrustError} `TRUST_THRESHOLD` and those of reading */
export function keepTimestamp(bytes: Uint8Array, authority: Authority): Kept<Timestamp> {
  const envelope = new Envelope(bytes, "timestamp", "timestamp", limits.timestampBytesMax);
  envelope.requireSignedBy(authority);
  return { document: readTimestamp(envelope), envelope, bytes };
}

/** @throws {TrustError} `TRUST_THRESHOLD` and those of reading */
export function keepSnapshot(bytes: Uint8Array, authority: Authority): Kept<Snapshot> {
  const envelope = new Envelope(bytes, "snapshot", "snapshot", limits.snapshotBytesMax);
  envelope.requireSignedBy(authority);
  return { document: readSnapshot(envelope), envelope, bytes };
}

/** @returns undefined when the new authority did not sign it */
export function keepUnder<Document>(
  kept: Kept<Document> | undefined,
  authority: Authority,
): Kept<Document> | undefined {
  if (kept === undefined) return undefined;
  return unlessRefused(() => {
    kept.envelope.requireSignedBy(authority);
    return kept;
  });
}
