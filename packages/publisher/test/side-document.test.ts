import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { test } from "node:test";
import { routeListPath } from "@causeway/kernel";
import { authorityOver, openSideDocument, TrustedSet } from "@causeway/trust";
import { signSideDocument } from "../src/index.ts";
import { keyFilesIn } from "../src/keys/key-file.ts";
import { day, TestVendor } from "./support/vendor.ts";

test("operators sign for their origins with the keys of routes alone", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const { role, path } of await keyFilesIn(vendor.path("keys"))) {
    if (role !== "routes") await rm(path);
  }
  const expires = vendor.now + day;
  const document = { type: "causeway-policy", members: { rule: "on" }, version: 7, expires };
  const bytes = await signSideDocument(vendor.dir, document, vendor.common());
  const metadata = (name: string): Promise<Buffer> => {
    return readFile(vendor.path("repository", "metadata", name));
  };
  const { root } = TrustedSet.open(await metadata("1.root.json"), new Map(), vendor.now);
  const authority = authorityOver(routeListPath, root, await metadata("1.targets.json"));
  const kind = { type: document.type, subject: "policy", lengthMax: 10_000 };
  const opened = openSideDocument(bytes, authority, kind);
  assert.deepEqual([opened.version, opened.expires], [7, expires]);
  assert.equal(opened.signed.string("rule"), "on");

  for (const { path } of await keyFilesIn(vendor.path("keys"))) await rm(path);
  const without = signSideDocument(vendor.dir, document, vendor.common());
  await assert.rejects(without, { code: "KEY_MISSING", message: /routes-/ });
});
