import { Fields, malformed, TrustError } from "@causeway/kernel";
import type { VerificationKey } from "./keys.ts";
import { limits } from "./limits.ts";

/** Who may sign for a role: a threshold of these keys. */
export interface Authority {
  /** Keyids that the role names but its document has no key for are left out. */
  readonly keys: ReadonlyMap<string, VerificationKey>;
  readonly threshold: number;
}

/** Signatures in hex, by keyid. */
export type Signatures = ReadonlyMap<string, string>;

/**
 * Reads `keyids` and `threshold` of a role.
 * @throws {TrustError} `TRUST_MALFORMED`, also for a keyid that stands there twice
 */
export function readAuthority(
  role: Fields,
  keys: ReadonlyMap<string, VerificationKey>,
  subject: string,
): Authority {
  const own = new Map<string, VerificationKey>();
  const keyids = role.strings("keyids", limits.roleKeysMax);
  if (new Set(keyids).size !== keyids.length) throw malformed(subject, "names a keyid twice");
  for (const keyid of keyids) {
    const key = keys.get(keyid);
    if (key !== undefined) own.set(keyid, key);
  }
  return { keys: own, threshold: role.integer("threshold", 1) };
}

/**
 * Reads the `signatures` of a document.
 * @throws {TrustError} `TRUST_MALFORMED`, also for a keyid that stands there twice
 *   (TUF 1.0.34 section 4.2.1)
 */
export function readSignatures(document: Fields, subject: string): Signatures {
  const signatures = new Map<string, string>();
  for (const item of document.array("signatures", limits.signaturesMax)) {
    const fields = new Fields(item, `${subject}: signature`);
    const keyid = fields.string("keyid");
    if (signatures.has(keyid)) throw malformed(subject, "has two signatures of one keyid");
    signatures.set(keyid, fields.string("sig", limits.signatureLengthMax));
  }
  return signatures;
}

/**
 * Returns when a threshold of the authority's keys signed `message`. One key counts once,
 * however many keyids it has.
 * @throws {TrustError} `TRUST_THRESHOLD`
 */
export function requireThreshold(
  authority: Authority,
  message: Uint8Array,
  signatures: Signatures,
  subject: string,
): void {
  const signers = new Set<string>();
  for (const [keyid, key] of authority.keys) {
    if (signers.size >= authority.threshold) return;
    const signature = bytesOfHex(signatures.get(keyid));
    if (signature === undefined) continue;
    const material = key.material;
    if (material === undefined || signers.has(material)) continue;
    if (key.verifies(message, signature)) signers.add(material);
  }
  if (signers.size >= authority.threshold) return;
  const count = `${signers.size} of the ${authority.threshold} signatures that it needs`;
  throw new TrustError("TRUST_THRESHOLD", subject, `has ${count}`);
}

/** True when `next` no longer lists a key of `last`: what recovers from a stolen one. */
export function isRotated(last: Authority, next: Authority): boolean {
  const kept = new Set([...next.keys.values()].map((key) => key.material));
  return [...last.keys.values()].some((key) => {
    return key.material !== undefined && !kept.has(key.material);
  });
}

function bytesOfHex(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !/^(?:[0-9a-fA-F]{2})+$/.test(text)) return undefined;
  return Buffer.from(text, "hex");
}
