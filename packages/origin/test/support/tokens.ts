import { createHmac } from "node:crypto";
import type { SigningKey } from "../../src/shield/ticket.ts";

export const key: SigningKey = { kid: "k1", secret: "A".repeat(43) };
export const secondKey: SigningKey = { kid: "k2", secret: `${"B".repeat(42)}_` };

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export function claims(more: object = {}): object {
  const now = nowSeconds();
  return { aud: "primary", sub: "machine", since: now - 3_600, exp: now + 600, ...more };
}

interface TokenOptions {
  readonly key?: SigningKey;
  /** The header's JSON, if another than ours. */
  readonly header?: string;
  readonly algorithm?: string;
}

/** A compact JWT, as an origin issues it; node:crypto alone makes it. */
export function tokenOf(payload: object | string, options: TokenOptions = {}): string {
  const { kid, secret } = options.key ?? key;
  const header = options.header ?? JSON.stringify({ alg: "HS256", typ: "JWT", kid });
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const signed = `${base64url(header)}.${base64url(body)}`;
  const signature = createHmac(options.algorithm ?? "sha256", secret).update(signed);
  return `${signed}.${signature.digest("base64url")}`;
}

export function bearer(token: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer ${token}` };
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
