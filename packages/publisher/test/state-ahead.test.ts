import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { publish, rotateKey } from "../src/index.ts";
import { readPublished } from "../src/publish/published.ts";
import { stateAhead } from "../src/publish/state-ahead.ts";
import { edited, statesIn, vendorWithRoutes } from "./support/routes.ts";
import { day, TestVendor } from "./support/vendor.ts";

/** A carrier of this tree, seen from a vendor folder with that repository. */
async function ahead(tree: string, repository: string): ReturnType<typeof stateAhead> {
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    return await readFile(join(tree, path)).catch(() => undefined);
  };
  return stateAhead({ read }, await readPublished(repository));
}

test("a state counts as ahead when keys that follow ours have signed it", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.publish();
  const old = join(vendor.parent, "old");
  await cp(vendor.repository, old, { recursive: true });
  assert.equal(await ahead(vendor.repository, old), undefined);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const newer = { version: 2, what: "a newer state" };
  assert.deepEqual(await ahead(vendor.repository, old), newer);
  assert.equal(await ahead(old, vendor.repository), undefined);
  const copy = join(vendor.parent, "copy");
  await cp(vendor.dir, copy, { recursive: true });
  const rotate = { role: "timestamp", ...vendor.common() };
  for (const _ of [1, 2]) {
    await rotateKey(vendor.dir, rotate);
    await vendor.publish();
  }
  assert.equal((await ahead(vendor.repository, old))?.what, "a newer state");
  // What the replaced key signs from now on may be a thief's, and stops nobody.
  for (const _ of [1, 2, 3, 4]) {
    vendor.now += 20 * day;
    await publish(copy, vendor.common());
  }
  const stolen = join(copy, "repository");
  const [here, there] = [await readPublished(vendor.repository), await readPublished(stolen)];
  assert.ok(there.timestamp.version > here.timestamp.version);
  assert.equal(await ahead(stolen, vendor.repository), undefined);
});

test("a forged timestamp at a carrier stops nobody, and is replaced", async (t) => {
  const vendor = await vendorWithRoutes(t, "carriers: [{ id: web, kind: folder, path: ../web }]\n");
  const web = join(vendor.parent, "web");
  const path = join(web, "metadata/timestamp.json");
  const forge = async (version: number): Promise<void> => {
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/\d+(?=,"x-causeway)/, String(version)));
    assert.notEqual(await readFile(path, "utf8"), text);
  };
  await forge(1_000_000);
  const { routes } = await edited(vendor, { kind: "drain", id: "mirror-1" });
  assert.deepEqual(
    routes.map(({ ok }) => ok),
    [true, true],
  );
  assert.equal((await statesIn(web, vendor.now))["mirror-1"], "draining");
  await forge(1_000_001);
  assert.ok((await vendor.publish()).routes.every(({ ok }) => ok));
  assert.equal((await statesIn(web, vendor.now))["mirror-1"], "draining");
});
