import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { canonicalJson } from "@causeway/kernel";
import { authorityOver, isSignedByOneOf, repositoryIdOf, TrustedSet } from "@causeway/trust";
import { makeKey } from "./support/test-key.ts";
import { now, TestRepository } from "./support/test-repository.ts";

test("the id of a repository is that of what its first root signs, whoever has signed it", () => {
  const repository = new TestRepository();
  repository.publishAll();
  const { signed } = JSON.parse(Buffer.from(repository.firstRoot).toString()) as { signed: never };
  const digest = createHash("sha256").update(canonicalJson(signed)).digest("hex");
  assert.equal(repositoryIdOf(repository.firstRoot), digest.slice(0, 16));
  const signedAnew = repository.sign(signed, [makeKey()]);
  assert.equal(repositoryIdOf(signedAnew), digest.slice(0, 16));
  const second = repository.sign({ ...(signed as object), version: 2 }, [makeKey()]);
  assert.equal(repositoryIdOf(second), undefined);
});

test("one key of the role is enough for an announcement, and no other is", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "routes", { paths: ["routes.json"], terminating: true });
  repository.publishAll();
  const { root } = TrustedSet.open(repository.firstRoot, new Map(), now);
  const authority = authorityOver("routes.json", root, repository.bytes("targets"));
  const message = Buffer.from("message");
  const [key] = repository.signers.get("routes") ?? [];
  const signature = Buffer.from(key?.sign(message) ?? "", "hex");
  assert.equal(isSignedByOneOf(authority, message, signature), true);
  assert.equal(isSignedByOneOf({ ...authority, threshold: 2 }, message, signature), true);
  assert.equal(isSignedByOneOf(authority, Buffer.from("another"), signature), false);
  const strange = Buffer.from(makeKey().sign(message), "hex");
  assert.equal(isSignedByOneOf(authority, message, strange), false);
});
