import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, type Json, type JsonObject, parseJson } from "@causeway/kernel";

/*
 * What other TUF implementations refuse, or read differently from one another. Reads every
 * document of a tree, with no code of the publisher.
 */

/** Asserts that no document of the tree has any of it. */
export async function assertStrictlyReadable(tree: string): Promise<void> {
  for (const name of await readdir(join(tree, "metadata"))) {
    const bytes = await readFile(join(tree, "metadata", name));
    // Strict: no duplicate names, no floats, nothing beyond 2^53-1.
    const document = object(parseJson(bytes, name));
    assert.deepEqual(Buffer.from(canonicalJson(document)), bytes, `${name} is canonical`);
    assert.deepEqual([...document.keys()], ["signatures", "signed"]);
    const keyIds = array(document.get("signatures")).map((one) => object(one).get("keyid"));
    assert.ok(keyIds.length > 0, `${name} is signed`);
    assert.equal(new Set(keyIds).size, keyIds.length, `${name} has a signature of a key once`);
    assertSigned(object(document.get("signed")), name);
  }
}

function assertSigned(signed: JsonObject, name: string): void {
  assert.equal(signed.get("spec_version"), "1.0.34");
  assert.match(text(signed.get("expires")), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const version = Number(signed.get("version"));
  if (name !== "timestamp.json") assert.ok(name.startsWith(`${version}.`), name);
  const type = signed.get("_type");
  if (type === "root") assertRoot(signed);
  if (type === "targets") assertTargets(signed, name);
}

function assertRoot(signed: JsonObject): void {
  assert.equal(signed.get("consistent_snapshot"), true);
  const roles = object(signed.get("roles"));
  assert.deepEqual([...roles.keys()].toSorted(), ["root", "snapshot", "targets", "timestamp"]);
  for (const role of roles.values()) assertRole(object(role), object(signed.get("keys")));
}

function assertRole(role: JsonObject, keys: JsonObject): void {
  const keyIds = array(role.get("keyids")).map(String);
  assert.equal(new Set(keyIds).size, keyIds.length, "a role names a key once");
  assert.ok(Number(role.get("threshold")) <= keyIds.length);
  for (const keyId of keyIds) {
    assert.match(keyId, /^[0-9a-f]{64}$/);
    assert.ok(keys.has(keyId), "a role's keys are in the document");
  }
}

function assertTargets(signed: JsonObject, name: string): void {
  for (const [path, entry] of object(signed.get("targets"))) {
    assert.match(path, /^[A-Za-z0-9._~/-]+$/, name);
    assert.ok(
      path.split("/").every((part) => part !== "" && !part.startsWith(".")),
      path,
    );
    assert.ok(object(object(entry).get("hashes")).size > 0, "a target has a hash");
  }
  const delegations = signed.get("delegations");
  if (delegations === undefined) return;
  const keys = object(object(delegations).get("keys"));
  const roles = object(delegations).get("roles");
  for (const role of roles === undefined ? [] : array(roles)) {
    assertRole(object(role), keys);
    assert.match(text(object(role).get("name")), /^[a-z]+$/);
  }
  const succinct = object(delegations).get("succinct_roles");
  if (succinct !== undefined) assertRole(object(succinct), keys);
}

function text(value: Json | undefined): string {
  assert.ok(typeof value === "string");
  return value;
}

function object(value: Json | undefined): JsonObject {
  assert.ok(value instanceof Map);
  return value as JsonObject;
}

function array(value: Json | undefined): readonly Json[] {
  assert.ok(Array.isArray(value));
  return value as readonly Json[];
}
