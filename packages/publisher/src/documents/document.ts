import {
  canonicalJson,
  compareCodePoints,
  Fields,
  type Instant,
  isUtcSecond,
  type Json,
  type JsonInput,
  malformed,
  parseJson,
  toUtcSecond,
} from "@causeway/kernel";
import type { Signer } from "../keys/signer.ts";
import { isSignatureOf, type RoleKeys } from "../keys/tuf-key.ts";

const specVersion = "1.0.34";

/** A TUF document of ours. That it is ours is for `isSignedBy` to say. */
export class SignedDocument {
  readonly bytes: Uint8Array;
  readonly signedBytes: Uint8Array;
  /** Hexadecimal signatures by key id. */
  readonly signatures: ReadonlyMap<string, string>;
  readonly version: number;
  readonly expires: Instant;
  #signed: Json | undefined;

  constructor(parts: Omit<SignedDocument, "signed">, signed: Json | undefined) {
    this.bytes = parts.bytes;
    this.signedBytes = parts.signedBytes;
    this.signatures = parts.signatures;
    this.version = parts.version;
    this.expires = parts.expires;
    this.#signed = signed;
  }

  /** What is signed. Parsed when it is first asked for: most of what we sign we never read. */
  get signed(): Json {
    this.#signed ??= parseJson(this.signedBytes, "document");
    return this.#signed;
  }
}

/** The members that every role's document has. */
export function common(type: string, version: number, expires: Instant): CommonMembers {
  return { _type: type, spec_version: specVersion, version, expires: toUtcSecond(expires) };
}

type CommonMembers = { readonly [name: string]: JsonInput };

/** @throws {TrustError} `TRUST_MALFORMED` */
export function readDocument(bytes: Uint8Array, subject: string): SignedDocument {
  const fields = new Fields(parseJson(bytes, subject), subject);
  const signed = fields.get("signed");
  if (signed === undefined) throw malformed(subject, 'has no "signed"');
  const signatures = new Map<string, string>();
  for (const entry of fields.objects("signatures", 256)) {
    const keyId = entry.string("keyid");
    if (signatures.has(keyId)) throw malformed(subject, "has two signatures of one key");
    signatures.set(keyId, entry.string("sig", 4096));
  }
  const members = new Fields(signed, subject);
  const version = members.integer("version", 1);
  const expires = Date.parse(members.matching("expires", isUtcSecond));
  const signedBytes = canonicalJson(signed);
  return new SignedDocument({ bytes, signedBytes, signatures, version, expires }, signed);
}

/** What a role's document says, without what is signed around it. */
export type Encode = (version: number, expires: Instant) => JsonInput;

/** Signs a document with all signers; the same signers give the same bytes. */
export async function signDocument(
  encode: Encode,
  version: number,
  expires: Instant,
  signers: readonly Signer[],
): Promise<SignedDocument> {
  const signedBytes = canonicalJson(encode(version, expires));
  const signatures = new Map<string, string>();
  for (const signer of signers) {
    const signature = await signer.sign(signedBytes);
    signatures.set(signer.keyId, Buffer.from(signature).toString("hex"));
  }
  const bytes = sealDocument(signedBytes, signatures);
  const second = Math.floor(expires / 1000) * 1000; // as it is written
  const parts = { bytes, signedBytes, signatures, version, expires: second };
  return new SignedDocument(parts, undefined);
}

/** The document with further signatures; itself when there are none. */
export async function withSignatures(
  document: SignedDocument,
  signers: readonly Signer[],
): Promise<SignedDocument> {
  if (signers.length === 0) return document;
  const signatures = new Map(document.signatures);
  for (const signer of signers) {
    const signature = await signer.sign(document.signedBytes);
    signatures.set(signer.keyId, Buffer.from(signature).toString("hex"));
  }
  const { signedBytes, version, expires, signed } = document;
  const bytes = sealDocument(signedBytes, signatures);
  return new SignedDocument({ bytes, signedBytes, signatures, version, expires }, signed);
}

/** Puts signatures around bytes that already are canonical. */
export function sealDocument(
  signedBytes: Uint8Array,
  signatures: ReadonlyMap<string, string>,
): Uint8Array {
  const entries = [...signatures].toSorted(([a], [b]) => compareCodePoints(a, b));
  const list = entries.map(([keyid, sig]) => ({ keyid, sig }));
  const head = Buffer.concat([Buffer.from('{"signatures":'), canonicalJson(list)]);
  return Buffer.concat([head, Buffer.from(',"signed":'), signedBytes, Buffer.from("}")]);
}

/** How many of the role's keys have validly signed it. */
export function signatureCount(document: SignedDocument, role: RoleKeys): number {
  let count = 0;
  for (const [keyId, key] of role.keys) {
    const signature = document.signatures.get(keyId);
    if (signature === undefined || !/^(?:[0-9a-f]{2})+$/.test(signature)) continue;
    if (isSignatureOf(key, document.signedBytes, Buffer.from(signature, "hex"))) count++;
  }
  return count;
}

export function isSignedBy(document: SignedDocument, role: RoleKeys): boolean {
  return signatureCount(document, role) >= role.threshold;
}
