import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { Fields } from "@causeway/kernel";
import { limits } from "./limits.ts";

/** What a key of one type and scheme is made of, and how it verifies. */
interface Scheme {
  open(publicPart: string): KeyObject | undefined;
  verify(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean;
}

const ed25519: Scheme = {
  open: openEd25519,
  verify: (key, message, signature) => verify(null, message, key, signature),
};

const ecdsaP256: Scheme = {
  open: (text) => {
    const key = openPem(text);
    if (key?.asymmetricKeyType !== "ec") return undefined;
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  },
  verify: (key, message, signature) => verify("sha256", message, key, signature),
};

const rsaPss: Scheme = {
  open: (text) => {
    const key = openPem(text);
    if (key?.asymmetricKeyType !== "rsa") return undefined;
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return bits >= rsaBitsMin && bits <= rsaBitsMax ? key : undefined;
  },
  // Signers use the digest's length or the longest possible salt; the signature tells which.
  verify: (key, message, signature) => {
    const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return verify("sha256", message, { key, padding, saltLength }, signature);
  },
};

// TUF 1.0.34 section 4.2.2 demands at least 2048 bits; beyond 8192, verifying is slow.
const rsaBitsMin = 2048;
const rsaBitsMax = 8192;

// Type and scheme stand together: a key never verifies under a scheme of another type.
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ["ed25519 ed25519", ed25519],
  ["ecdsa ecdsa-sha2-nistp256", ecdsaP256],
  ["ecdsa-sha2-nistp256 ecdsa-sha2-nistp256", ecdsaP256],
  ["rsa rsassa-pss-sha256", rsaPss],
]);

/** One public key of a document. It is opened when it is first needed. */
export class VerificationKey {
  readonly #scheme: Scheme | undefined;
  readonly #publicPart: string;
  #opened: { readonly key: KeyObject; readonly material: string } | undefined;
  #isOpened = false;

  constructor(keytype: string, scheme: string, publicPart: string) {
    this.#scheme = schemes.get(`${keytype} ${scheme}`);
    this.#publicPart = publicPart;
  }

  /**
   * The same text for the same key, however it is written and whatever its keyid; undefined for
   * a key that cannot be used: an unknown type or scheme, or a wrong public part.
   */
  get material(): string | undefined {
    return this.#open()?.material;
  }

  /** False also for a key that cannot be used. */
  verifies(message: Uint8Array, signature: Uint8Array): boolean {
    const opened = this.#open();
    if (opened === undefined || this.#scheme === undefined) return false;
    try {
      return this.#scheme.verify(opened.key, message, signature);
    } catch {
      return false; // OpenSSL throws on some signatures that are no signatures at all
    }
  }

  #open(): { readonly key: KeyObject; readonly material: string } | undefined {
    if (this.#isOpened) return this.#opened;
    this.#isOpened = true;
    const key = this.#scheme?.open(this.#publicPart);
    if (key !== undefined) {
      const { kty, crv, x, y, n, e } = key.export({ format: "jwk" });
      this.#opened = { key, material: [kty, crv, x, y, n, e].join(" ") };
    }
    return this.#opened;
  }
}

/**
 * Reads a `keys` object. Keyids are opaque names; the same material under two of them counts as
 * one key where signatures are counted.
 * @throws {TrustError} `TRUST_MALFORMED` when an entry is no key at all
 */
export function readKeys(fields: Fields, subject: string): ReadonlyMap<string, VerificationKey> {
  const keys = new Map<string, VerificationKey>();
  for (const [keyid, value] of fields.members("keys", limits.keysMax)) {
    const key = new Fields(value, `${subject}: key`);
    const keytype = key.string("keytype");
    const scheme = key.string("scheme");
    const publicPart = key.object("keyval").string("public", limits.keyLengthMax);
    keys.set(keyid, new VerificationKey(keytype, scheme, publicPart));
  }
  return keys;
}

function openEd25519(text: string): KeyObject | undefined {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) return undefined;
  const x = Buffer.from(text, "hex").toString("base64url");
  return openedBy(() => createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } }));
}

// createPublicKey would also take a private key or a certificate; only public keys are let in.
const pem =
  /^-----BEGIN (RSA )?PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END (?:RSA )?PUBLIC KEY-----\n$/;

function openPem(text: string): KeyObject | undefined {
  const [, pkcs1, base64] = pem.exec(`${text.replaceAll("\r\n", "\n").trim()}\n`) ?? [];
  if (base64 === undefined) return undefined;
  const der = Buffer.from(base64, "base64");
  const type = pkcs1 === undefined ? "spki" : "pkcs1";
  return openedBy(() => createPublicKey({ key: der, format: "der", type }));
}

function openedBy(open: () => KeyObject): KeyObject | undefined {
  try {
    return open();
  } catch {
    return undefined; // a wrong public part: the key counts for nothing
  }
}
