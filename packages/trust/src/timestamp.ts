import type { Envelope, Header } from "./envelope.ts";
import { type MetaFile, readMetaFile } from "./meta-file.ts";

/** Which snapshot is the newest (TUF 1.0.34 section 4.6). */
export interface Timestamp extends Header {
  readonly snapshot: MetaFile;
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function readTimestamp(envelope: Envelope): Timestamp {
  envelope.signed.members("meta", 1); // it describes the snapshot and nothing else
  const snapshot = envelope.signed.object("meta").object("snapshot.json");
  return { ...envelope.header, snapshot: readMetaFile(snapshot, "timestamp: snapshot.json") };
}
