import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeFleetTicket } from "../../../client/src/routes/fleet-ticket.ts";
import { noPolicy } from "../../src/policy/policy.ts";
import { giveFleetTicket } from "../../src/shield/give-fleet-ticket.ts";
import { type FleetPromise, issueFleetTicket } from "../../src/shield/issue-fleet-ticket.ts";
import type { TicketKey } from "../../src/shield/ticket-key-file.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TicketVerifier } from "../../src/shield/ticket-verifier.ts";
import { keysFile, now as nowSeconds } from "../support/tickets.ts";

const now = nowSeconds * 1000 + 250;
const key: TicketKey = { kid: "a", secret: "s".repeat(43), createdAt: now - 600_000 };
const promise: FleetPromise = {
  fleet: "acme",
  machines: 500,
  days: 30,
  audience: "web-1",
  url: "https://updates.example",
};

test("a fleet's ticket is good at its route for so many machines and days, and no longer", () => {
  const given = issueFleetTicket([key], promise, now);
  const exp = nowSeconds + 30 * 86_400;
  assert.deepEqual([given.expires, given.url], [exp * 1000, "https://updates.example/"]);
  const verifier = new TicketVerifier("web-1");
  verifier.setKeys([key]);
  const claims = { aud: "web-1", sub: "fleet-acme", since: nowSeconds, exp, fleet: 500 };
  assert.deepEqual(verifier.verify(given.text, nowSeconds), claims);
  assert.equal(verifier.verify(given.text, exp), "expired");
  const elsewhere = new TicketVerifier("web-2");
  elsewhere.setKeys([key]);
  assert.equal(elsewhere.verify(given.text, nowSeconds), "route");
});

test("the longest promise fits a ticket, and is read back", () => {
  const longest = { ...promise, fleet: "a".repeat(32), machines: 1_000_000, days: 90 };
  const url = `https://updates.example/${"a".repeat(900)}/`;
  assert.equal(
    issueFleetTicket([key], { ...longest, audience: "r".repeat(64), url }, now).url,
    url,
  );
});

test("what cannot be promised is said", () => {
  const wrong: readonly Partial<FleetPromise>[] = [
    { fleet: "Acme & Sons" },
    { fleet: "../acme" },
    { url: "file:///srv/tree/" },
    { url: "updates.example" },
    { url: "https://name:word@updates.example/" },
  ];
  for (const part of wrong) {
    assert.throws(
      () => issueFleetTicket([key], { ...promise, ...part }, now),
      ({ code, message }: { code: string; message: string }) => {
        return code === "USAGE_ARGUMENT" && !message.includes("word");
      },
      JSON.stringify(part),
    );
  }
  assert.throws(() => issueFleetTicket([], promise, now), { code: "KEY_MISSING" });
});

test("it is given in a file for its owner alone, and by no key that is revoked", async (t) => {
  const keyFile = await keysFile(t);
  await rotateTicketKeys(keyFile, now - 600_000);
  const file = join(keyFile, "..", "acme.json");
  const given = await giveFleetTicket(file, promise, { keyFile, policy: noPolicy }, now);
  const { url, text } = given;
  assert.deepEqual(decodeFleetTicket(readFileSync(file)), { url, text }, "a client reads it");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const [only] = (await readTicketKeys(keyFile)) ?? [];
  const policy = { revokedKeys: [only?.kid ?? ""] };
  await assert.rejects(giveFleetTicket(file, promise, { keyFile, policy }, now), {
    code: "KEY_MISSING",
  });
});
