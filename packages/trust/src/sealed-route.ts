import { createCipheriv, createDecipheriv } from "node:crypto";
import {
  decodeRouteEntry,
  invariant,
  parseJson,
  type RouteEntry,
  type SealedRoute,
  type ShardKey,
  TrustError,
} from "@causeway/kernel";

/*
 * Reserve routes in the signed list: AES-256-GCM (NIST SP 800-38D) with the key of the route's shard.
 * Format: docs/reserves.md.
 */

const nonceLength = 12;
const tagLength = 16;
const paddedTo = 512; // bytes: what is sealed does not show how long its URLs are

/**
 * Seals a route for those who have the key.
 * @param nonce 12 random bytes, never the same twice under one key
 */
export function sealRoute(
  entry: RouteEntry,
  { shard, key }: ShardKey,
  nonce: Uint8Array,
): SealedRoute {
  invariant(nonce.length === nonceLength, "a nonce of GCM has 12 bytes");
  const text = Buffer.from(JSON.stringify(entry));
  const plain = Buffer.alloc(Math.ceil(text.length / paddedTo) * paddedTo, " ");
  plain.set(text);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "base64url"), nonce);
  cipher.setAAD(associated(shard));
  const parts = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return { shard, box: Buffer.concat(parts).toString("base64url") };
}

/**
 * Opens a sealed route.
 * @returns undefined when this is not its key, or it holds what this version cannot read
 */
export function openSealedRoute(
  { shard, box }: SealedRoute,
  { key }: Pick<ShardKey, "key">,
): RouteEntry | undefined {
  const bytes = Buffer.from(box, "base64url");
  if (bytes.length < nonceLength + tagLength) return undefined;
  const decipher = createDecipheriv(
    "aes-256-gcm",
    Buffer.from(key, "base64url"),
    bytes.subarray(0, nonceLength),
    { authTagLength: tagLength },
  );
  decipher.setAAD(associated(shard));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  const plain = decipher.update(bytes.subarray(nonceLength, -tagLength));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  try {
    return decodeRouteEntry(parseJson(plain, "a sealed route"));
  } catch (error) {
    if (error instanceof TrustError) return undefined; // of a newer publisher
    throw error;
  }
}

/**
 * Not the repository's id: keys are random, so no two repositories share one, and a client that was
 * given a later root does not know it.
 */
function associated(shard: number): Uint8Array {
  return Buffer.from(`causeway sealed route\0${shard}`);
}
