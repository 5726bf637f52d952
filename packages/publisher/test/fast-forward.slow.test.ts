import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { signDocument } from "../src/documents/document.ts";
import { encodeTimestamp } from "../src/documents/online.ts";
import { rotateKey } from "../src/index.ts";
import { Keyring } from "../src/keys/keyring.ts";
import { readPublished } from "../src/publish/published.ts";
import { VendorFolder } from "../src/vendor-folder.ts";
import { day, TestVendor } from "./support/vendor.ts";
import { WalkingClient } from "./support/walking-client.ts";

test("customers whose timestamp a thief drove far ahead come back after a rotation", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const { repository, now } = vendor;
  const client = await WalkingClient.pinned(repository, now);
  await client.refresh(repository, now);
  const folder = new VendorFolder(vendor.dir);
  const { snapshot, topKeys } = await readPublished(repository);
  const thief = await Keyring.open(folder, { ...vendor.common() });
  const far = await signDocument(
    (version, expires) => encodeTimestamp(version, expires, 3 * day, snapshot),
    2 ** 31,
    now + 3 * day,
    await thief.signers("timestamp", topKeys.timestamp),
  );
  const path = vendor.path("repository", "metadata", "timestamp.json");
  const own = await readPublished(repository);
  await writeFile(path, far.bytes);
  assert.equal((await client.refresh(repository, now)).get("timestamp"), 2 ** 31);
  await writeFile(path, own.timestamp.bytes);
  await assert.rejects(client.refresh(repository, now), { code: "TRUST_ROLLBACK" });
  await rotateKey(vendor.dir, { role: "timestamp", ...vendor.common() });
  await vendor.add({ version: "1.1" });
  await vendor.publish();
  const versions = await client.refresh(repository, now);
  assert.ok((versions.get("timestamp") ?? 0) < 10);
  assert.ok(await client.find(repository, "patches/reader/1.1/any/reader", now));
});
