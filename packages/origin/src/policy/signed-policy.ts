import type { Instant } from "@causeway/kernel";
import { type Authority, openSideDocument } from "@causeway/trust";
import { refuseUnknown } from "./known-members.ts";
import type { Policy } from "./policy.ts";
import { decodePolicy } from "./policy-document.ts";

/** A policy that operators have signed for all origins. */
export interface SignedPolicy {
  /** Grows with each; an older one is never taken again. */
  readonly version: number;
  /** Nothing of it is in force from then on. */
  readonly expires: Instant;
  readonly policy: Policy;
}

/** `_type` of the document. */
export const signedPolicyType = "causeway-policy";
export const signedPolicyBytesMax = 64 * 1024; // a policy of any length, indented, with signatures

/**
 * Reads a policy that `operators` signed. Whether it has expired, or is older than another one, is
 * for the caller to judge.
 * @throws {TrustError}
 */
export function readSignedPolicy(
  bytes: Uint8Array,
  operators: Authority,
  now: Instant,
): SignedPolicy {
  const { version, expires, signed } = openSideDocument(bytes, operators, {
    type: signedPolicyType,
    subject: "policy",
    lengthMax: signedPolicyBytesMax,
  });
  refuseUnknown(signed, ["_type", "spec_version", "version", "expires", "policy"], "policy");
  return { version, expires, policy: decodePolicy(signed.object("policy"), now) };
}
