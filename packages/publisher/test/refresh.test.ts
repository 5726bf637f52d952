import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { publish, type RefreshResult, refresh, rotateKey } from "../src/index.ts";
import { day, TestVendor } from "./support/vendor.ts";
import { WalkingClient } from "./support/walking-client.ts";

function refreshed(vendor: TestVendor): Promise<RefreshResult> {
  return refresh(vendor.dir, vendor.common());
}

test("refresh signs only what has less than half of its life left", async (t) => {
  const vendor = await TestVendor.make(t);
  const { now } = vendor;
  const idle = await refreshed(vendor);
  assert.deepEqual(idle.refreshed, []);
  assert.equal(idle.due, now + 1.5 * day);
  vendor.now = idle.due + 1000;
  const second = await refreshed(vendor);
  assert.deepEqual(second.refreshed, ["timestamp"]);
  assert.deepEqual([second.versions["snapshot"], second.versions["timestamp"]], [1, 2]);
  vendor.now = now + 8 * day;
  const third = await refreshed(vendor);
  assert.deepEqual(third.refreshed, ["snapshot", "timestamp"]);
  assert.deepEqual([third.versions["snapshot"], third.versions["timestamp"]], [2, 3]);
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await client.refresh(vendor.repository, vendor.now);
});

test("refresh needs the snapshot and timestamp keys alone, and publishes nothing that waits", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  await vendor.add({ version: "1.1" });
  for (const name of await readdir(vendor.path("keys"))) {
    if (!/^(?:snapshot|timestamp)-/.test(name)) await rm(vendor.path("keys", name));
  }
  vendor.now += 10 * day;
  const result = await refreshed(vendor);
  assert.deepEqual(result.refreshed, ["snapshot", "timestamp"]);
  assert.equal(result.patches, 1);
  const { repository, now } = vendor;
  const client = await WalkingClient.pinned(repository, now);
  await client.refresh(repository, now);
  assert.ok(await client.find(repository, "patches/reader/1.0/any/reader", now));
  assert.equal(await client.find(repository, "patches/reader/1.1/any/reader", now), undefined);
});

test("a publisher that slept past every expiry but the long ones comes back", async (t) => {
  const vendor = await TestVendor.make(t);
  vendor.now += 30 * day;
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await assert.rejects(client.refresh(vendor.repository, vendor.now), { code: "TRUST_EXPIRED" });
  await refreshed(vendor);
  await client.refresh(vendor.repository, vendor.now);
});

test("refresh brings a carrier up to date that failed before", async (t) => {
  const vendor = await TestVendor.make(t);
  const web = await vendor.file("web", "in the way");
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  assert.equal((await vendor.publish()).routes[1]?.ok, false);
  await rm(web);
  assert.deepEqual((await refreshed(vendor)).refreshed, []);
  const client = await WalkingClient.pinned(web, vendor.now);
  await client.refresh(web, vendor.now);
  assert.ok(await client.find(web, "patches/reader/1.0/any/reader", vendor.now));
});

test("refresh warns of roles that only publish can renew", async (t) => {
  const vendor = await TestVendor.make(t);
  vendor.now += 80 * day;
  await refreshed(vendor);
  assert.match(vendor.warnings.join("\n"), /routes expires in 10 days; run causeway publish/);
  vendor.now += 20 * day;
  await refreshed(vendor);
  assert.match(vendor.warnings.join("\n"), /routes has expired; run causeway publish/);
  vendor.now += 300 * day;
  const message = /^root: it has expired; causeway publish signs it anew/;
  await assert.rejects(refreshed(vendor), { code: "TRUST_EXPIRED", message });
});

test("refresh never writes a state that its own first root does not lead to", async (t) => {
  const vendor = await TestVendor.make(t);
  await rm(join(vendor.repository, "metadata", "1.root.json"));
  await assert.rejects(refreshed(vendor), { code: "HOST_CORRUPT_STATE", message: /1\.root\.json/ });
});

test("a clock that was set back signs nothing, unless somebody says that it is right", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  const path = vendor.path("repository", "metadata", "timestamp.json");
  const before = await readFile(path);
  vendor.now -= day + 1000;
  await assert.rejects(vendor.publish(), { code: "HOST_CLOCK", message: /set the clock/ });
  await assert.rejects(refreshed(vendor), { code: "HOST_CLOCK" });
  assert.deepEqual(await readFile(path), before);
  const { versions } = await refresh(vendor.dir, { ...vendor.common(), isClockRight: true });
  assert.equal(versions["timestamp"], 2);
  vendor.now -= day; // of two machines that publish in turn
  assert.equal((await vendor.publish()).patches, 1);
});

test("customers who saw a time that was wrongly signed come back after a rotation", async (t) => {
  const vendor = await TestVendor.make(t);
  const { repository, now } = vendor;
  vendor.now = now + 400 * day;
  await vendor.publish();
  const client = await WalkingClient.pinned(repository, vendor.now);
  await client.refresh(repository, vendor.now);
  vendor.now = now;
  await rotateKey(vendor.dir, { role: "timestamp", ...vendor.common() });
  await assert.rejects(vendor.publish(), { code: "HOST_CLOCK" });
  await publish(vendor.dir, { ...vendor.common(), isClockRight: true });
  const fresh = await WalkingClient.pinned(repository, now);
  await fresh.refresh(repository, now);
  assert.equal((await client.refresh(repository, now)).get("root"), 3);
});
