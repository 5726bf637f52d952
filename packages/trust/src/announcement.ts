import { createHash } from "node:crypto";
import {
  canonicalJson,
  Fields,
  parseJson,
  type RepositoryId,
  type Sha256,
  toRepositoryId,
} from "@causeway/kernel";
import type { Authority } from "./signatures.ts";

/*
 * What judging an announcement takes of the trusted documents: whose repository it speaks of, and
 * whether a key of `routes` signed it.
 */

/**
 * The id of the repository that begins with this root, which is trusted already.
 * @returns undefined for a later root: only the first one tells
 */
export function repositoryIdOf(root: Uint8Array): RepositoryId | undefined {
  const signed = new Fields(parseJson(root, "root"), "root").object("signed");
  if (signed.integer("version", 1) !== 1) return undefined;
  const canonical = canonicalJson(new Map(signed.entries()));
  const digest = createHash("sha256").update(canonical).digest("hex");
  return toRepositoryId(digest as Sha256);
}

/**
 * Whether any one of the authority's keys signed the message. An announcement has one signature,
 * whatever the threshold: it brings routes that are tried, and nothing that is trusted.
 */
export function isSignedByOneOf(
  authority: Authority,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return [...authority.keys.values()].some((key) => key.verifies(message, signature));
}
