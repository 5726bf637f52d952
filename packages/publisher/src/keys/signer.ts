import { type KeyObject, sign } from "node:crypto";
import { invariant } from "@causeway/kernel";
import { ed25519Key, keyIdOf, type TufKey } from "./tuf-key.ts";

/**
 * Signs with one key. A KMS or HSM implements it as well as a key file does; the private key
 * need not be in this process.
 */
export interface Signer {
  readonly keyId: string;
  readonly publicKey: TufKey;
  /** Resolves to the raw signature over exactly these bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Signs with an Ed25519 key that is in memory. */
export function keySigner(privateKey: KeyObject): Signer {
  const { x } = privateKey.export({ format: "jwk" });
  invariant(typeof x === "string", "an Ed25519 key has a public part");
  const publicKey = ed25519Key(Buffer.from(x, "base64url"));
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    sign: (bytes) => Promise.resolve(sign(null, bytes, privateKey)),
  };
}
