import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Rotated } from "../src/index.ts";
import { listKeys, rotateKey, signPending } from "../src/index.ts";
import { assertStrictlyReadable } from "./support/strict-reader.ts";
import { day, TestVendor } from "./support/vendor.ts";
import { WalkingClient } from "./support/walking-client.ts";

const roles = ["root", "targets", "patches", "routes", "snapshot", "timestamp"] as const;

function rotate(vendor: TestVendor, role: string, keyId?: string): Promise<Rotated> {
  return rotateKey(vendor.dir, {
    role,
    ...vendor.common(),
    ...(keyId !== undefined && { keyId }),
  });
}

/** Moves the private keys of a role to another folder's keys/, as to a safe. */
async function moveKeys(vendor: TestVendor, role: string, to: string): Promise<void> {
  await mkdir(join(to, "keys"), { recursive: true });
  for (const name of await readdir(vendor.path("keys"))) {
    if (!name.startsWith(`${role}-`)) continue;
    await rename(vendor.path("keys", name), join(to, "keys", name));
  }
}

async function filesOf(vendor: TestVendor, role: string): Promise<readonly string[]> {
  const names = await readdir(vendor.path("keys"));
  return names.filter((name) => name.startsWith(`${role}-`));
}

for (const role of roles) {
  test(`after a rotation of ${role}, old and new clients follow, and the old key signs nothing`, async (t) => {
    const vendor = await TestVendor.make(t);
    const { repository, now } = vendor;
    await vendor.add({ version: "1.0" });
    await vendor.publish();
    const old = await WalkingClient.pinned(repository, now);
    await old.refresh(repository, now);
    const { oldKeyId, newKeyId, complete } = await rotate(vendor, role);
    assert.equal(complete, true);
    assert.ok(oldKeyId !== newKeyId);
    await rm(vendor.path("keys", `${role}-${oldKeyId.slice(0, 8)}.pem`)); // it is not needed again
    await vendor.publish();
    await assertStrictlyReadable(repository);
    for (const client of [old, await WalkingClient.pinned(repository, now)]) {
      await client.refresh(repository, now);
      assert.ok(await client.find(repository, "patches/reader/1.0/any/reader", now));
      assert.ok(await client.find(repository, "routes.json", now));
    }
    const { keys, pending } = await listKeys(vendor.dir);
    assert.deepEqual(pending, []);
    const current = keys.filter((key) => key.role === role && key.state === "current");
    assert.ok(current.some((key) => key.keyId === newKeyId && key.present));
    assert.ok(current.every((key) => key.keyId !== oldKeyId));
  });
}

test("a publish that ends between the timestamp and the new root keeps nobody out", async (t) => {
  const vendor = await TestVendor.make(t);
  const { repository, now } = vendor;
  const web = join(vendor.parent, "web");
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const met = await WalkingClient.pinned(web, now);
  await met.refresh(web, now);
  for (const role of ["targets", "snapshot", "timestamp"]) await rotate(vendor, role);
  const inTheWay = join(web, "metadata", "2.root.json");
  await mkdir(join(inTheWay, "sub"), { recursive: true });
  const { routes } = await vendor.publish();
  assert.equal(routes.find(({ id }) => id === "web")?.ok, false);
  const newest = await readFile(join(repository, "metadata", "timestamp.json"));
  assert.deepEqual(await readFile(join(web, "metadata", "timestamp.json")), newest);
  for (const tree of [web, repository]) {
    for (const client of [met, await WalkingClient.pinned(tree, now)]) {
      await client.refresh(tree, now);
      assert.ok(await client.find(tree, "patches/reader/1.0/any/reader", now));
    }
  }
  await assertStrictlyReadable(repository);
  await rm(inTheWay, { recursive: true });
  assert.ok((await vendor.publish()).routes.every(({ ok }) => ok));
  assert.equal((await met.refresh(web, now)).get("root"), 2);
  for (const tree of [web, repository]) {
    const [root, timestamp] = await Promise.all(
      ["2.root.json", "timestamp.json"].map((name) => stat(join(tree, "metadata", name))),
    );
    assert.ok(root !== undefined && timestamp !== undefined);
    assert.ok(timestamp.ctimeMs >= root.ctimeMs, "what copies the tree may wait for the timestamp");
  }
});

test("a client that slept through many root rotations walks the whole chain", async (t) => {
  const vendor = await TestVendor.make(t);
  const { repository, now } = vendor;
  const sleeper = await WalkingClient.pinned(repository, now);
  await sleeper.refresh(repository, now);
  for (let round = 0; round < 4; round++) {
    const role = round % 2 === 0 ? "root" : "timestamp";
    await rotate(vendor, role);
    await vendor.publish();
  }
  assert.equal((await sleeper.refresh(repository, now)).get("root"), 5);
});

test("several rotations before one publish become one new root", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const role of roles) await rotate(vendor, role);
  const { pending } = await listKeys(vendor.dir);
  assert.deepEqual(
    pending.map(({ role, version }) => [role, version]),
    [
      ["root", 2],
      ["targets", 2],
    ],
  );
  const result = await vendor.publish();
  assert.deepEqual([result.versions["root"], result.versions["targets"]], [2, 2]);
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await client.refresh(vendor.repository, vendor.now);
  assert.deepEqual(await readdir(vendor.path("keys", "pending")), []);
});

test("a root is rotated by a ceremony of offline keys, and publish goes on meanwhile", async (t) => {
  const vendor = await TestVendor.make(t);
  const { repository, now } = vendor;
  const old = await WalkingClient.pinned(repository, now);
  await old.refresh(repository, now);
  const safes = ["a", "b", "c"].map((name) => join(vendor.parent, name));
  const [one = ""] = await filesOf(vendor, "root");
  await moveKeys(vendor, "root", safes[0] ?? "");
  for (const [at, name] of (await readdir(join(safes[0] ?? "", "keys"))).entries()) {
    if (at === 0) continue;
    await mkdir(join(safes[at] ?? "", "keys"), { recursive: true });
    await rename(join(safes[0] ?? "", "keys", name), join(safes[at] ?? "", "keys", name));
  }
  assert.ok(one !== "");
  const rotated = await rotate(vendor, "timestamp");
  assert.equal(rotated.complete, false);
  await vendor.publish();
  assert.match(vendor.warnings.join("\n"), /2\.root\.json has 0 of 2 signatures/);
  const usb = join(vendor.parent, "usb");
  await mkdir(usb);
  const file = join(usb, "2.root.json");
  await cp(vendor.path("keys", "pending", "2.root.json"), file);
  const digests = new Set<string>();
  for (const [at, safe] of safes.slice(1).entries()) {
    const signed = await signPending(safe, { file, ...vendor.common() });
    digests.add(signed.digest);
    assert.equal(signed.signatures.length, at + 1);
    assert.equal(signed.added.length, 1);
    assert.deepEqual(signed.own, { signatures: at + 1, threshold: 2 });
    const again = await signPending(safe, { file, ...vendor.common() });
    assert.deepEqual(again.added, []);
  }
  assert.equal(digests.size, 1);
  await cp(file, vendor.path("keys", "pending", "2.root.json"));
  const result = await vendor.publish();
  assert.equal(result.versions["root"], 2);
  assert.equal((await old.refresh(repository, now)).get("root"), 2);
});

test("a new root that its own keys have not signed yet says so, though the old ones have", async (t) => {
  const vendor = await TestVendor.make(t);
  const { keys } = await listKeys(vendor.dir);
  const old = keys.filter(({ role }) => role === "root");
  const [ours, theirs] = [join(vendor.parent, "ours"), join(vendor.parent, "theirs")];
  await moveKeys(vendor, "root", ours);
  for (const { keyId } of old.slice(0, 2)) {
    await rotate(vendor, "root", keyId);
    await moveKeys(vendor, "root", theirs);
  }
  const file = vendor.path("keys", "pending", "2.root.json");
  const signed = await signPending(ours, { file, ...vendor.common() });
  assert.equal(signed.signatures.length, 4, "all old ones, and the one that was made last");
  assert.deepEqual(signed.own, { signatures: 2, threshold: 2 });
  const before = await readFile(file, "utf8");
  await writeFile(file, withoutSignature(before, old[2]?.keyId ?? ""));
  const { pending } = await listKeys(vendor.dir);
  assert.deepEqual(
    pending.map(({ signatures, threshold }) => [signatures, threshold]),
    [[1, 2]],
    "one of its own, two of the old",
  );
  await vendor.publish();
  assert.match(vendor.warnings.join("\n"), /2\.root\.json has 1 of 2 signatures/);
});

function withoutSignature(text: string, keyId: string): string {
  const document = JSON.parse(text) as { signatures: { keyid: string }[] };
  const signatures = document.signatures.filter(({ keyid }) => keyid !== keyId);
  assert.equal(signatures.length, document.signatures.length - 1);
  return JSON.stringify({ ...document, signatures });
}

test("a new root that the old keys did not sign is never published", async (t) => {
  const vendor = await TestVendor.make(t);
  const stranger = await TestVendor.make(t);
  await rotate(stranger, "root");
  await mkdir(vendor.path("keys", "pending"), { recursive: true });
  const pending = vendor.path("keys", "pending", "2.root.json");
  await cp(stranger.path("keys", "pending", "2.root.json"), pending);
  const result = await vendor.publish();
  assert.equal(result.versions["root"], 1);
  assert.match(vendor.warnings.join("\n"), /2\.root\.json has 0 of 2 signatures/);
  await writeFile(pending, "{}");
  await assert.rejects(vendor.publish(), { code: "HOST_CORRUPT_STATE", message: /2\.root\.json/ });
});

test("an expired root can still be followed by its next one", async (t) => {
  const vendor = await TestVendor.make(t);
  vendor.now += 400 * day;
  const result = await vendor.publish();
  assert.equal(result.versions["root"], 2);
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await client.refresh(vendor.repository, vendor.now);
});

test("a stolen patches key is put out of use although the targets key is elsewhere", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const safe = join(vendor.parent, "safe");
  await moveKeys(vendor, "targets", safe);
  const rotated = await rotate(vendor, "patches");
  assert.deepEqual([rotated.pending, rotated.complete], ["keys/pending/2.targets.json", false]);
  await vendor.publish(); // goes on with the old key
  assert.match(vendor.warnings.join("\n"), /targets stays at version 1/);
  await signPending(safe, { file: vendor.path(rotated.pending), ...vendor.common() });
  const result = await vendor.publish();
  assert.deepEqual([result.versions["targets"], result.versions["patches"]], [2, 2]);
  const bin = await readFile(join(vendor.repository, "metadata", "2.patches-00.json"), "utf8");
  assert.ok(bin.includes(rotated.newKeyId) && !bin.includes(rotated.oldKeyId));
});

test("wrong words about keys are refused, each with its code", async (t) => {
  const vendor = await TestVendor.make(t);
  await assert.rejects(rotate(vendor, "mirror"), { code: "USAGE_ARGUMENT", message: /no role/ });
  await assert.rejects(rotate(vendor, "root", "zz"), { code: "USAGE_ARGUMENT" });
  const sign = (file: string): Promise<unknown> => {
    return signPending(vendor.dir, { file, ...vendor.common() });
  };
  await assert.rejects(sign(vendor.path("nowhere", "2.root.json")), { code: "USAGE_ARGUMENT" });
  await assert.rejects(sign(vendor.path("causeway.yaml")), { code: "USAGE_ARGUMENT" });
  const broken = await vendor.file("2.root.json", "{");
  await assert.rejects(sign(broken), { code: "USAGE_ARGUMENT", message: /no TUF document/ });
  const empty = join(vendor.parent, "empty");
  await mkdir(join(empty, "keys"), { recursive: true });
  const root = vendor.path("repository", "metadata", "1.root.json");
  await assert.rejects(signPending(empty, { file: root, ...vendor.common() }), {
    code: "KEY_MISSING",
  });
});
