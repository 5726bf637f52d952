import assert from "node:assert/strict";
import { test } from "node:test";
import { authorityOver, openSideDocument, type Root, TrustedSet } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { makeKey } from "./support/test-key.ts";
import { day, now, TestRepository, utc } from "./support/test-repository.ts";

const kind = { type: "causeway-policy", subject: "policy", lengthMax: 1000 };
const path = "routes.json";

function sides(): { repository: TestRepository; root: Root; document: object } {
  const repository = new TestRepository();
  repository.delegate("targets", "patches", { paths: ["products/*"], terminating: true });
  repository.delegate("targets", "routes", { paths: [path], terminating: true });
  repository.publish("routes");
  repository.publishAll();
  const { root } = TrustedSet.open(repository.firstRoot, new Map(), now);
  const expires = utc(now - day);
  const document = { _type: kind.type, spec_version: "1.0.34", version: 7, expires, rule: "on" };
  return { repository, root, document };
}

test("who speaks for a path of the repository signs what lies beside it", () => {
  const { repository, root, document } = sides();
  repository.targets.expires = utc(now - day);
  repository.publish("targets");
  const authority = authorityOver(path, root, repository.bytes("targets"));
  const bytes = repository.sign(document, repository.signers.get("routes") ?? []);
  const { version, expires, signed } = openSideDocument(bytes, authority, kind);
  assert.deepEqual([version, expires, signed.string("rule")], [7, now - day, "on"]);
});

test("no other role's key is good for it, and its signature for nothing else", () => {
  const { repository, root, document } = sides();
  const authority = authorityOver(path, root, repository.bytes("targets"));
  for (const role of ["patches", "timestamp", "targets"]) {
    const bytes = repository.sign(document, repository.signers.get(role) ?? []);
    assertRefused(() => openSideDocument(bytes, authority, kind), "TRUST_THRESHOLD", "policy");
  }
  const routes = repository.bytes("routes");
  assertRefused(() => openSideDocument(routes, authority, kind), "TRUST_MALFORMED", "policy");
  const good = repository.sign(document, repository.signers.get("routes") ?? []);
  const long = Buffer.concat([good, Buffer.alloc(1000, " ")]);
  assertRefused(() => openSideDocument(long, authority, kind), "TRUST_LIMIT", "policy");
});

test("targets that the root's keys did not sign name nobody", () => {
  const { repository, root } = sides();
  const forged = repository.sign(repository.targets, [makeKey()]);
  assertRefused(() => authorityOver(path, root, forged), "TRUST_THRESHOLD", "targets");
  const targets = repository.bytes("targets");
  assertRefused(() => authorityOver("other.json", root, targets), "TRUST_UNDELEGATED");
});
