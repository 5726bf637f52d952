import { generateKeyPairSync, sign } from "node:crypto";
import type { Approver, ApproverKey } from "../../src/index.ts";

/** A person with a key. */
export interface Person extends Approver, ApproverKey {}

export function person(name: string): Person {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = privateKey.export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url").toString("hex");
  return {
    name,
    key: publicKey,
    publicKey,
    sign: (bytes) => Promise.resolve(sign(null, bytes, privateKey)),
  };
}
