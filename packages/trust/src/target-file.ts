import { createHash, type Hash } from "node:crypto";
import { type Json, TrustError } from "@causeway/kernel";
import { type Hashes, isKnownAlgorithm, requireMatch } from "./meta-file.ts";
import { quoteSegment } from "./role-names.ts";
import type { TargetEntry } from "./targets.ts";

/** A file that the trusted metadata vouches for. */
export interface TargetFile {
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Digests in lower-case hex, by algorithm. */
  readonly hashes: Hashes;
  readonly custom: Json | undefined;
  /** Where it lies below `targets/` on a route, ready for a URL. The first is the usual one. */
  readonly locations: readonly string[];
}

/** @returns undefined when no hash of it can be checked, or no URL can lead to it */
export function toTargetFile(
  path: string,
  entry: TargetEntry,
  consistentSnapshot: boolean,
): TargetFile | undefined {
  const algorithms = [...entry.hashes.keys()];
  if (!algorithms.every(isKnownAlgorithm)) return undefined;
  const segments = path.split("/");
  // `%2E%2E` climbs in a URL as `..` does, and `/x` leaves the base: no quoting would help.
  if (segments.some((segment) => ["", ".", ".."].includes(segment))) return undefined;
  const quoted = segments.map(quoteSegment);
  const name = quoted.pop() ?? "";
  const folder = quoted.map((segment) => `${segment}/`).join("");
  const locations = consistentSnapshot
    ? algorithms.toSorted().map((algorithm) => `${folder}${entry.hashes.get(algorithm)}.${name}`)
    : [`${folder}${name}`];
  return { path, ...entry, locations };
}

/**
 * Returns when `bytes` are the whole target.
 * @throws {TrustError} `TRUST_MISMATCH`
 */
export function verifyTarget(target: TargetFile, bytes: Uint8Array): void {
  requireMatch(bytes, target, target.path);
}

/** Checks a target as its bytes arrive. */
export class TargetCheck {
  readonly #target: TargetFile;
  readonly #hashes: readonly (readonly [Hash, string])[];
  #length = 0;

  constructor(target: TargetFile) {
    this.#target = target;
    this.#hashes = [...target.hashes].map(([algorithm, digest]) => {
      return [createHash(algorithm), digest] as const;
    });
  }

  /** @throws {TrustError} `TRUST_MISMATCH` as soon as there are too many bytes */
  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#target.length)
      throw this.#mismatch("is longer than the signed length");
    for (const [hash] of this.#hashes) hash.update(bytes);
  }

  /**
   * Call once, after the last byte: until it returned, nothing that arrived is the target.
   * @throws {TrustError} `TRUST_MISMATCH`
   */
  finish(): void {
    if (this.#length !== this.#target.length) {
      throw this.#mismatch("is shorter than the signed length");
    }
    for (const [hash, digest] of this.#hashes) {
      if (hash.digest("hex") !== digest)
        throw this.#mismatch("has another hash than the signed one");
    }
  }

  #mismatch(what: string): TrustError {
    return new TrustError("TRUST_MISMATCH", this.#target.path, what);
  }
}
