import { createPublicKey, verify } from "node:crypto";
import { canonicalJson, type Sha256 } from "@causeway/kernel";

/** What a person says yes to. */
export interface Approval {
  readonly runbook: string;
  readonly step: string;
  /** Of the step: an edited one is another. */
  readonly content: Sha256;
  /** Digest of the log's last entry: it is good for this one place in this one log. */
  readonly head: Sha256;
  readonly by: string;
}

/** The bytes that are signed. No document of a repository has such a `_type`. */
export function approvalMessage({ runbook, step, content, head, by }: Approval): Uint8Array {
  return canonicalJson({ _type: "causeway-runbook-approval", runbook, step, content, head, by });
}

/**
 * Whether a key signed exactly this approval.
 * @param key an Ed25519 public key, in hexadecimal digits as the signature
 */
export function isApproved(approval: Approval, key: string, signature: string): boolean {
  try {
    const x = Buffer.from(key, "hex").toString("base64url");
    const object = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, approvalMessage(approval), object, Buffer.from(signature, "hex"));
  } catch {
    return false; // not a key, or not a signature: either way nobody has approved
  }
}
