import { CausewayError } from "@causeway/kernel";
import { isSignedBy, type SignedDocument, withSignatures } from "../documents/document.ts";
import type { TopKeys, TopRole } from "../documents/root.ts";
import type { Keyring } from "../keys/keyring.ts";

/*
 * A root that replaces keys and the documents that those keys sign are files of their own, so a
 * reader may meet the one without the others, and a kill may leave it so. Signed by the old keys
 * and the new ones, the documents are good under either root: they come before the root.
 */

/**
 * The document with signatures of the keys that the last root names for the role, too; as it is
 * when too few of them are at hand.
 */
export async function bridged(
  document: SignedDocument,
  role: TopRole,
  last: TopKeys | undefined,
  keyring: Keyring,
): Promise<SignedDocument> {
  const keys = last?.[role];
  if (keys === undefined || isSignedBy(document, keys)) return document;
  try {
    return await withSignatures(document, await keyring.signers(role, keys));
  } catch (error) {
    // The old keys are lost, locked or put away: then the new root has to come first.
    if (error instanceof CausewayError && error.code.startsWith("KEY_")) return document;
    throw error;
  }
}
