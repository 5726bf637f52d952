import { type Fields, TrustError } from "@causeway/kernel";
import { Envelope, type Header } from "./envelope.ts";
import { limits } from "./limits.ts";
import { MatchingWork } from "./matching-work.ts";
import type { Root } from "./root.ts";
import type { Authority } from "./signatures.ts";
import { readTargets } from "./targets.ts";

/** A signed document that is no part of the repository: nobody gets it over a route. */
export interface SideDocument extends Header {
  readonly signed: Fields;
}

/** What a side document must be. */
export interface SideDocumentKind {
  /** Its `_type`, which no document of a repository has: no signature is good for both. */
  readonly type: string;
  readonly subject: string;
  readonly lengthMax: number;
}

/**
 * Who speaks for `path`, as the top-level targets document says under this root. It may have
 * expired: what stops a publisher from signing must not stop operators too.
 * @throws {TrustError} `TRUST_UNDELEGATED` nobody does; `TRUST_THRESHOLD` and those of reading
 */
export function authorityOver(path: string, root: Root, targets: Uint8Array): Authority {
  const envelope = new Envelope(targets, "targets", "targets", limits.targetsBytesMax);
  envelope.requireSignedBy(root.authorities.targets);
  const { delegations } = readTargets(envelope, "targets");
  const [first] = delegations.for(path, new MatchingWork(path));
  if (first !== undefined) return first.authority;
  throw new TrustError("TRUST_UNDELEGATED", path, "is delegated to nobody");
}

/**
 * Opens a document that `authority` signed. It may have expired, and may be older than another
 * one: that is for the caller to judge.
 * @throws {TrustError} `TRUST_THRESHOLD`, `TRUST_LIMIT` and those of reading
 */
export function openSideDocument(
  bytes: Uint8Array,
  authority: Authority,
  { type, subject, lengthMax }: SideDocumentKind,
): SideDocument {
  const envelope = new Envelope(bytes, type, subject, lengthMax);
  envelope.requireSignedBy(authority);
  return { ...envelope.header, signed: envelope.signed };
}
