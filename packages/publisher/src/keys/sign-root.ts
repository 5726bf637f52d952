import type { Instant } from "@causeway/kernel";
import {
  type Encode,
  type SignedDocument,
  signatureCount,
  signDocument,
} from "../documents/document.ts";
import { encodeRoot, type TopKeys } from "../documents/root.ts";
import type { Keyring } from "./keyring.ts";
import type { Signer } from "./signer.ts";
import type { RoleKeys } from "./tuf-key.ts";

/** A new root counts when the old one's keys and its own vouch for it (TUF 1.0.34 section 5.3.4). */
export function isRootComplete(root: SignedDocument, old: RoleKeys, own: RoleKeys): boolean {
  return signatureCount(root, old) >= old.threshold && signatureCount(root, own) >= own.threshold;
}

/** How many signatures a document has of those it needs. */
export interface SignatureProgress {
  readonly signatures: number;
  readonly threshold: number;
}

/** Of the old root's keys or of the new one's own: whichever of the two lacks more signatures. */
export function rootProgress(
  root: SignedDocument,
  old: RoleKeys,
  own: RoleKeys,
): SignatureProgress {
  const [byOld, byOwn] = [progress(root, old), progress(root, own)];
  const lack = ({ signatures, threshold }: SignatureProgress): number => threshold - signatures;
  return lack(byOld) > lack(byOwn) ? byOld : byOwn;
}

/** Of one role's keys. */
export function progress(document: SignedDocument, role: RoleKeys): SignatureProgress {
  return { signatures: signatureCount(document, role), threshold: role.threshold };
}

/**
 * Signs a new root with as few of the keys at hand as both thresholds need. With too few at
 * hand it has fewer signatures; the others are added where those keys are.
 */
export async function signRoot(
  next: { readonly keys: TopKeys; readonly version: number; readonly expires: Instant },
  old: RoleKeys,
  keyring: Keyring,
): Promise<SignedDocument> {
  const own = next.keys.root;
  const shared = [...own.keys.keys()].filter((keyId) => old.keys.has(keyId));
  const candidates = new Set([...shared, ...old.keys.keys(), ...own.keys.keys()]);
  const signers: Signer[] = [];
  const lacking = (keys: RoleKeys): boolean => {
    return signers.filter((signer) => keys.keys.has(signer.keyId)).length < keys.threshold;
  };
  for (const keyId of candidates) {
    const helps = (old.keys.has(keyId) && lacking(old)) || (own.keys.has(keyId) && lacking(own));
    if (helps && keyring.has("root", keyId)) signers.push(await keyring.signer("root", keyId));
  }
  const encode: Encode = (version, expires) => encodeRoot(version, expires, next.keys);
  return signDocument(encode, next.version, next.expires, signers);
}
