import assert from "node:assert/strict";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { initVendor, listKeys, rotateKey } from "../src/index.ts";
import { edited, listIn, statesIn } from "./support/routes.ts";
import { TestVendor } from "./support/vendor.ts";

const add = { kind: "add", id: "a", urls: ["https://a.example/"] } as const;

async function routesKeys(vendor: TestVendor): Promise<readonly string[]> {
  return (await readdir(vendor.path("keys"))).filter((name) => name.startsWith("routes-"));
}

/** Takes one of the keys of routes away. */
async function takeOne(vendor: TestVendor): Promise<void> {
  const away = join(vendor.parent, "away");
  await mkdir(away, { recursive: true });
  const [name = ""] = await routesKeys(vendor);
  await rename(vendor.path("keys", name), join(away, name));
}

test("where two of three keys of routes must agree, two sign the list, one has it wait, and none is refused", async (t) => {
  const vendor = await TestVendor.make(t, { routesThreshold: 2, routesKeys: 3 });
  assert.equal((await routesKeys(vendor)).length, 3);
  await takeOne(vendor);
  await edited(vendor, add);
  assert.equal((await listIn(vendor.repository, vendor.now)).routes.length, 1);
  await takeOne(vendor);
  const drain = { kind: "drain", id: "a" } as const;
  assert.equal((await edited(vendor, drain)).waiting?.signatures, 1);
  assert.deepEqual(await statesIn(vendor.repository, vendor.now), { a: "active" });
  await takeOne(vendor);
  const retire = edited(vendor, { kind: "retire", id: "a", isForced: true });
  await assert.rejects(retire, {
    code: "KEY_MISSING",
    message: /routes needs 2 of 3 keys, 0 here/,
  });
});

test("a rotation raises the threshold, and brings the keys that it takes", async (t) => {
  const vendor = await TestVendor.make(t);
  const options = { role: "routes", ...vendor.common(), threshold: 2, keys: 3 };
  const { addedKeyIds, threshold, keys, complete } = await rotateKey(vendor.dir, options);
  assert.deepEqual([addedKeyIds.length, threshold, keys, complete], [2, 2, 3, true]);
  await vendor.publish();
  const listed = (await listKeys(vendor.dir)).keys.filter(({ role }) => role === "routes");
  assert.equal(listed.filter(({ state, present }) => state === "current" && present).length, 3);
  await edited(vendor, add);
  assert.equal((await listIn(vendor.repository, vendor.now)).routes.length, 1);
  for (const wrong of [{ threshold: 4, keys: 3 }, { keys: 2 }, { keys: 17 }, { threshold: 0 }]) {
    const refused = rotateKey(vendor.dir, { role: "routes", ...vendor.common(), ...wrong });
    await assert.rejects(refused, { code: "USAGE_ARGUMENT" }, JSON.stringify(wrong));
  }
});

test("a threshold above the number of keys is refused before anything is made", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const wrong of [
    { routesThreshold: 2, routesKeys: 1 },
    { routesThreshold: 0 },
    { routesKeys: 17 },
  ]) {
    const dir = join(vendor.parent, "other");
    const made = initVendor(dir, { name: "C", dev: true, ...vendor.common(), ...wrong });
    await assert.rejects(made, { code: "USAGE_ARGUMENT", message: /role routes needs/ });
    await assert.rejects(readdir(dir), { code: "ENOENT" });
  }
});
