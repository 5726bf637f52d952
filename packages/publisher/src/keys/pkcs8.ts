import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, scrypt } from "node:crypto";
import { UsageError } from "@causeway/kernel";

/*
 * Private keys as PKCS#8 PEM. Encryption is PBES2 (RFC 8018) with scrypt (RFC 7914) and
 * aes-256-cbc, which `openssl pkey` reads as well. The DER is written here because Node.js can
 * only write PBKDF2 with 2,048 rounds, which a stolen file would not withstand.
 */

// The most memory that OpenSSL grants scrypt when it reads a key (32 MiB) allows N = 2^14;
// p = 5 brings the work up to what OWASP asks for. About 120 ms for each key.
const cost = { N: 16_384, r: 8, p: 5 } as const;
const passphraseBytesMax = 1024; // what Node.js takes when it reads the key

const oid = {
  pbes2: "2a864886f70d01050d",
  scrypt: "2b06010401da47040b",
  aes256Cbc: "60864801650304012a",
} as const;

/** @throws {UsageError} `KEY_PASSPHRASE` when the passphrase is empty or too long */
export async function encryptKey(key: KeyObject, passphrase: string): Promise<string> {
  checkPassphrase(passphrase);
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", await derive(passphrase, salt), iv);
  const plain = key.export({ type: "pkcs8", format: "der" });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const kdf = sequence(
    objectId(oid.scrypt),
    sequence(octets(salt), integer(cost.N), integer(cost.r), integer(cost.p)),
  );
  const scheme = sequence(
    objectId(oid.pbes2),
    sequence(kdf, sequence(objectId(oid.aes256Cbc), octets(iv))),
  );
  return pem("ENCRYPTED PRIVATE KEY", sequence(scheme, octets(encrypted)));
}

/** For development only: whoever reads the file has the key. */
export function unsafePlainKey(key: KeyObject): string {
  return pem("PRIVATE KEY", key.export({ type: "pkcs8", format: "der" }));
}

export function isEncryptedPem(text: string): boolean {
  return text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

/**
 * Reads an Ed25519 key. `name` stands in errors.
 * @throws {UsageError} `KEY_PASSPHRASE` or `KEY_UNREADABLE`
 */
export function readKey(text: string, passphrase: string | undefined, name: string): KeyObject {
  if (passphrase !== undefined) checkPassphrase(passphrase);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    if (passphrase !== undefined && isDecryptFailure(cause, text)) {
      const message = `the passphrase for ${name} is wrong. Try again.`;
      throw new UsageError("KEY_PASSPHRASE", message, { cause });
    }
    const message = `${name} is not a private key that we can read; restore it from a copy.`;
    throw new UsageError("KEY_UNREADABLE", message, { cause });
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new UsageError("KEY_UNREADABLE", `${name} is not an Ed25519 key.`);
}

// A wrong passphrase shows as wrong padding, or, once in 256 times, as DER that makes no sense.
function isDecryptFailure(cause: unknown, text: string): boolean {
  if (!(cause instanceof Error) || !("code" in cause)) return false;
  if (cause.code === "ERR_OSSL_UNSUPPORTED") {
    return /^-----BEGIN ENCRYPTED [^]+-----END ENCRYPTED PRIVATE KEY-----\s*$/.test(text);
  }
  return cause.code === "ERR_OSSL_BAD_DECRYPT" || String(cause.code).startsWith("ERR_OSSL_ASN1");
}

function checkPassphrase(passphrase: string): void {
  const length = Buffer.byteLength(passphrase);
  if (length === 0) throw new UsageError("KEY_PASSPHRASE", "a passphrase cannot be empty.");
  if (length > passphraseBytesMax) {
    const message = `a passphrase has at most ${passphraseBytesMax} bytes.`;
    throw new UsageError("KEY_PASSPHRASE", message);
  }
}

function derive(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { ...cost, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([tag, ...length]), content]); // ours stay below 256 bytes
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0x30, ...parts);
}

function octets(bytes: Uint8Array): Uint8Array {
  return tagged(0x04, bytes);
}

function objectId(hex: string): Uint8Array {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function integer(value: number): Uint8Array {
  const hex = value.toString(16);
  return tagged(0x02, Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
