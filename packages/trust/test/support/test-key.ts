import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { canonicalJson } from "@causeway/kernel";

/** A key as documents carry it. */
export interface KeyDocument {
  keytype: string;
  scheme: string;
  keyval: { public: string };
  [extra: string]: string | { [name: string]: string };
}

/** A private key that signs at once. */
export interface TestKey {
  readonly keyid: string;
  readonly document: KeyDocument;
  readonly sign: (message: Uint8Array) => string;
}

export type TestKeyKind = "ed25519" | "ecdsa" | "ecdsa-sha2-nistp256" | "rsa";

/** @param seed the same seed gives the same Ed25519 key; others are drawn afresh */
export function makeKey(kind: TestKeyKind = "ed25519", seed?: number): TestKey {
  switch (kind) {
    case "ed25519":
      return makeEd25519(seed);
    case "rsa":
      return makeRsa(2048);
    default:
      return makeEcdsa(kind, "prime256v1");
  }
}

/** The same key under another document: other fields, another keyid. */
export function renamed(key: TestKey, change: Partial<KeyDocument>): TestKey {
  return withDocument({ ...key.document, ...change } as KeyDocument, key.sign);
}

export function makeEcdsa(keytype: string, curve: string): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const document = { keytype, scheme: "ecdsa-sha2-nistp256", keyval: { public: pem(publicKey) } };
  return withDocument(document, (message) => sign("sha256", message, privateKey).toString("hex"));
}

export function makeRsa(modulusLength: number, saltLength = 32): TestKey {
  const { privateKey: key, publicKey } = generateKeyPairSync("rsa", { modulusLength });
  const keyval = { public: pem(publicKey) };
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return withDocument({ keytype: "rsa", scheme: "rsassa-pss-sha256", keyval }, (message) => {
    return sign("sha256", message, { key, padding, saltLength }).toString("hex");
  });
}

function makeEd25519(seed: number | undefined): TestKey {
  const privateKey =
    seed === undefined ? generateKeyPairSync("ed25519").privateKey : ed25519FromSeed(seed);
  const { x = "" } = privateKey.export({ format: "jwk" });
  const keyval = { public: Buffer.from(x, "base64url").toString("hex") };
  return withDocument({ keytype: "ed25519", scheme: "ed25519", keyval }, (message) => {
    return sign(null, message, privateKey).toString("hex");
  });
}

function ed25519FromSeed(seed: number): KeyObject {
  const d = createHash("sha256").update(`test key ${seed}`).digest();
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), d]);
  return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
}

function withDocument(document: KeyDocument, signer: TestKey["sign"]): TestKey {
  const keyid = createHash("sha256").update(canonicalJson(document)).digest("hex");
  return { keyid, document, sign: signer };
}

function pem(key: KeyObject): string {
  return key.export({ format: "pem", type: "spki" }).toString();
}
