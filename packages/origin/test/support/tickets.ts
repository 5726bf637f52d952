import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { SigningKey, Ticket } from "../../src/shield/ticket.ts";

export const key: SigningKey = { kid: "0a1b2c3d4e5f", secret: "s".repeat(43) };
export const otherKey: SigningKey = { kid: "ffffffffffff", secret: "t".repeat(43) };
export const now = 1_900_000_000;
export const ticket: Ticket = {
  aud: "web-1",
  sub: "AAAAAAAAAAAAAAAAAAAAAA",
  since: now - 1000,
  exp: now + 1000,
};

/** A token whose first two parts are any texts, signed well. */
export function signedText(header: string, claims: string, by: SigningKey = key): string {
  const signed = [header, claims].map((text) => Buffer.from(text).toString("base64url")).join(".");
  return `${signed}.${signatureOfText(signed, by)}`;
}

function signatureOfText(signed: string, { secret }: SigningKey): string {
  return createHmac("sha256", secret).update(signed).digest("base64url");
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Ticket {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Ticket;
}

/** The path of a file of ticket keys that is not there yet, in a folder of the test's own. */
export async function keysFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-tickets-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "tickets.json");
}
