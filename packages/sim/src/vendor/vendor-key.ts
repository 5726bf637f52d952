import { createHash, createPrivateKey, sign } from "node:crypto";
import { canonicalJson } from "@causeway/kernel";

/** A private key that signs at once. */
export interface VendorKey {
  readonly keyid: string;
  readonly document: {
    readonly keytype: "ed25519";
    readonly scheme: "ed25519";
    readonly keyval: { readonly public: string };
  };
  readonly sign: (message: Uint8Array) => string;
}

const made = new Map<string, VendorKey>();
const pkcs8Head = "302e020100300506032b657004220420"; // RFC 8410, before the 32 bytes of the key

/** The Ed25519 key of that name: the same in every world, so each is made once. */
export function vendorKey(name: string): VendorKey {
  const known = made.get(name);
  if (known !== undefined) return known;
  const seed = createHash("sha256").update(`causeway simulator ${name}`).digest();
  const pkcs8 = Buffer.concat([Buffer.from(pkcs8Head, "hex"), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const { x = "" } = privateKey.export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url").toString("hex");
  const document = {
    keytype: "ed25519",
    scheme: "ed25519",
    keyval: { public: publicKey },
  } as const;
  const key = {
    keyid: createHash("sha256").update(canonicalJson(document)).digest("hex"),
    document,
    sign: (message: Uint8Array) => sign(null, message, privateKey).toString("hex"),
  };
  made.set(name, key);
  return key;
}
