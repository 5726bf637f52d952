import { canonicalJson, type Instant } from "@causeway/kernel";
import {
  type Encode,
  isSignedBy,
  type SignedDocument,
  signDocument,
} from "../documents/document.ts";
import type { Signer } from "../keys/signer.ts";
import type { RoleKeys } from "../keys/tuf-key.ts";

/** What a document shall be, whatever it is now. */
export interface Wanted {
  /** The role, as `patches-3f`. */
  readonly name: string;
  readonly current: SignedDocument | undefined;
  /** The highest version that readers may have seen; 0 for a role that never was. */
  readonly takenVersion: number;
  readonly encode: Encode;
  readonly keys: RoleKeys;
  readonly lifeMs: number;
}

const dayMs = 86_400_000;

/**
 * True when the signature is about to run out: less than `share` of its life is left. Also when
 * more is left than the life that is configured now (a day for clocks), so that shortening a
 * life takes effect.
 */
export function isDue(
  document: SignedDocument,
  lifeMs: number,
  now: Instant,
  share: number,
): boolean {
  const left = document.expires - now;
  return left < lifeMs * share || left > lifeMs + dayMs;
}

/** True when the current document says what is wanted, is signed by those who should, and lasts. */
export function isGood(wanted: Wanted, now: Instant): boolean {
  const { current } = wanted;
  if (current === undefined || isDue(current, wanted.lifeMs, now, 1 / 2)) return false;
  const same = canonicalJson(wanted.encode(current.version, current.expires));
  return Buffer.compare(same, current.signedBytes) === 0 && isSignedBy(current, wanted.keys);
}

/** The next version of the document, signed. */
export function renewed(
  wanted: Wanted,
  signers: readonly Signer[],
  now: Instant,
): Promise<SignedDocument> {
  return signDocument(wanted.encode, wanted.takenVersion + 1, now + wanted.lifeMs, signers);
}
