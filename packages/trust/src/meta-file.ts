import { createHash } from "node:crypto";
import { Fields, malformed, TrustError } from "@causeway/kernel";
import { limits } from "./limits.ts";
import { unlessRefused } from "./refusal.ts";

/** What a timestamp or snapshot says of another metadata file. */
export interface MetaFile {
  readonly version: number;
  readonly length: number | undefined;
  readonly hashes: Hashes | undefined;
}

/** Digests in lower-case hex, by algorithm. Never empty. */
export type Hashes = ReadonlyMap<string, string>;

// A weaker one would let somebody make two files with one name.
const algorithms: ReadonlySet<string> = new Set(["sha256", "sha384", "sha512"]);

export function isKnownAlgorithm(name: string): boolean {
  return algorithms.has(name);
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function readMetaFile(fields: Fields, subject: string): MetaFile {
  return {
    version: fields.integer("version", 1),
    length: fields.has("length") ? fields.integer("length", 0) : undefined,
    hashes: fields.has("hashes") ? readHashes(fields, subject) : undefined,
  };
}

/** @throws {TrustError} `TRUST_MALFORMED`, also when there is no hash at all */
export function readHashes(fields: Fields, subject: string): Hashes {
  const hashes = fields.members("hashes", limits.hashesMax);
  if (hashes.size === 0) throw malformed(subject, "has no hashes");
  for (const digest of hashes.values()) {
    if (typeof digest !== "string" || !/^[0-9a-f]{32,128}$/.test(digest)) {
      throw malformed(subject, "has a hash that is not in lower-case hex");
    }
  }
  return hashes as Hashes; // every value was just seen to be a string
}

/** What somebody signed of a file's bytes. */
interface Promised {
  readonly length: number | undefined;
  readonly hashes: Hashes | undefined;
}

/**
 * Returns when `bytes` are what the signed length and every signed hash describe.
 * @throws {TrustError} `TRUST_MISMATCH`, also for an algorithm that cannot be checked
 */
export function requireMatch(bytes: Uint8Array, promised: Promised, subject: string): void {
  if (promised.length !== undefined && bytes.length !== promised.length) {
    const lengths = `${bytes.length} bytes long, not ${promised.length}`;
    throw new TrustError("TRUST_MISMATCH", subject, `is ${lengths}`);
  }
  for (const [algorithm, digest] of promised.hashes ?? []) {
    if (!isKnownAlgorithm(algorithm)) {
      const shown = JSON.stringify(algorithm.slice(0, 32));
      throw new TrustError("TRUST_MISMATCH", subject, `has a hash of unknown kind ${shown}`);
    }
    if (createHash(algorithm).update(bytes).digest("hex") !== digest) {
      throw new TrustError(
        "TRUST_MISMATCH",
        subject,
        `has another ${algorithm} than the signed one`,
      );
    }
  }
}

export function matches(bytes: Uint8Array, promised: Promised): boolean {
  return unlessRefused(() => (requireMatch(bytes, promised, ""), true)) ?? false;
}
