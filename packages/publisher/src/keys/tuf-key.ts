import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { canonicalJson, type Fields, type JsonInput, malformed } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";

/** A public key as TUF metadata writes it. */
export interface TufKey {
  readonly keytype: string;
  readonly scheme: string;
  /** Hexadecimal for Ed25519, PEM for the others. */
  readonly public: string;
}

/** Which keys speak for a role, and how many of them must agree. */
export interface RoleKeys {
  readonly keys: ReadonlyMap<string, TufKey>;
  readonly threshold: number;
}

/** The key's id: SHA-256 of its canonical form (TUF 1.0.34 section 4.2.1). */
export function keyIdOf(key: TufKey): string {
  return sha256Of(canonicalJson(encodeKey(key)));
}

/** The part of a key id that stands in file names and messages. */
export function shortKeyId(keyId: string): string {
  return keyId.slice(0, 8);
}

export function encodeKey(key: TufKey): JsonInput {
  return { keytype: key.keytype, scheme: key.scheme, keyval: { public: key.public } };
}

function decodeKey(fields: Fields): TufKey {
  return {
    keytype: fields.string("keytype"),
    scheme: fields.string("scheme"),
    public: fields.object("keyval").string("public", 8192),
  };
}

/** Reads `keyids` and `threshold` of a role against the document's `keys`. */
export function decodeRoleKeys(role: Fields, keys: Fields, subject: string): RoleKeys {
  const named = new Map<string, TufKey>();
  for (const keyId of role.strings("keyids", 64)) {
    if (!keys.has(keyId)) throw malformed(subject, `has no key ${shortKeyId(keyId)}`);
    named.set(keyId, decodeKey(keys.object(keyId)));
  }
  return { keys: named, threshold: role.integer("threshold", 1, 64) };
}

/** What a raw Ed25519 public key is as a TUF key. */
export function ed25519Key(raw: Uint8Array): TufKey {
  return { keytype: "ed25519", scheme: "ed25519", public: Buffer.from(raw).toString("hex") };
}

/** True when `signature` is the key's over `bytes`; a key of an unknown kind verifies nothing. */
export function isSignatureOf(key: TufKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (key.keytype === "ed25519" && key.scheme === "ed25519") {
      return verify(null, bytes, ed25519Object(key.public), signature);
    }
    if (key.scheme === "ecdsa-sha2-nistp256") {
      return verify("sha256", bytes, createPublicKey(key.public), signature);
    }
    return false;
  } catch {
    return false; // not a key, or not a signature: either way nothing is vouched for
  }
}

/** A few keys sign hundreds of documents; to read a key takes half as long as to verify with it. */
const knownKeys = new Map<string, KeyObject>();
const knownKeysMax = 256;

function ed25519Object(hex: string): KeyObject {
  const known = knownKeys.get(hex);
  if (known !== undefined) return known;
  const x = Buffer.from(hex, "hex").toString("base64url");
  const made = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  if (knownKeys.size >= knownKeysMax) knownKeys.clear();
  knownKeys.set(hex, made);
  return made;
}
