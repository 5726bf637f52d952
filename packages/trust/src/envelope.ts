import {
  canonicalJson,
  Fields,
  type Instant,
  isUtcSecond,
  type Json,
  malformed,
  parseJson,
  TrustError,
} from "@causeway/kernel";
import { type Authority, readSignatures, requireThreshold, type Signatures } from "./signatures.ts";

/** What every signed document says of itself. */
export interface Header {
  readonly version: number;
  /** It counts for nothing from this instant on. */
  readonly expires: Instant;
  /** When it was signed, if the publisher says so in `x-causeway-signed-at`; before it expires. */
  readonly signedAt: Instant | undefined;
}

/** A member of `signed` that is ours; other readers of the document leave it alone. */
export const signedAtField = "x-causeway-signed-at";

/** One document as it arrived: its form is checked, its signatures are not. */
export class Envelope {
  readonly header: Header;
  /** What the signatures are over. */
  readonly signed: Fields;
  readonly #value: Json;
  readonly #signatures: Signatures;
  readonly #subject: string;
  #canonical: Uint8Array | undefined;

  /**
   * Reads `bytes` as the document of one role.
   * @param type `root`, `timestamp`, `snapshot` or `targets`
   * @throws {TrustError} `TRUST_MALFORMED`; `TRUST_LIMIT` when there are too many bytes
   */
  constructor(bytes: Uint8Array, type: string, subject: string, lengthMax: number) {
    if (bytes.length > lengthMax) {
      throw new TrustError("TRUST_LIMIT", subject, `is longer than ${lengthMax} bytes`);
    }
    const document = new Fields(parseJson(bytes, subject), subject);
    this.#subject = subject;
    this.#signatures = readSignatures(document, subject);
    this.#value = document.get("signed") ?? null;
    this.signed = document.object("signed");
    if (this.signed.string("_type") !== type) throw malformed(subject, `is no ${type} document`);
    this.header = readHeader(this.signed, subject);
  }

  /** @throws {TrustError} `TRUST_THRESHOLD` */
  requireSignedBy(authority: Authority): void {
    this.#canonical ??= canonicalJson(this.#value);
    requireThreshold(authority, this.#canonical, this.#signatures, this.#subject);
  }
}

/** @throws {TrustError} `TRUST_EXPIRED` when it counts for nothing at `now` */
export function requireUnexpired(header: Header, now: Instant, subject: string): void {
  if (header.expires > now) return;
  const when = new Date(header.expires).toISOString();
  throw new TrustError("TRUST_EXPIRED", subject, `version ${header.version} expired at ${when}`);
}

function readHeader(signed: Fields, subject: string): Header {
  // Metadata of another major version may mean something else by the same fields.
  if (!/^1\.\d{1,9}(?:\.\d{1,9})?$/.test(signed.string("spec_version"))) {
    throw malformed(subject, "is not written to version 1 of the TUF specification");
  }
  const version = signed.integer("version", 1);
  const expires = Date.parse(signed.matching("expires", isUtcSecond));
  return { version, expires, signedAt: readSignedAt(signed, expires, subject) };
}

function readSignedAt(signed: Fields, expires: Instant, subject: string): Instant | undefined {
  if (!signed.has(signedAtField)) return undefined;
  const signedAt = Date.parse(signed.matching(signedAtField, isUtcSecond));
  // What was signed after its own end would make all else look expired, and never be good itself.
  if (signedAt < expires) return signedAt;
  throw malformed(subject, `says in ${signedAtField} that it was signed after it expired`);
}
