import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Updater } from "tuf-js";
import { rotateKey } from "../src/index.ts";
import { patchBytes, TestVendor } from "./support/vendor.ts";

/** A plain static file server on loopback. */
async function serve(t: test.TestContext, tree: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = join(tree, new URL(request.url ?? "/", "http://a").pathname);
    const file = createReadStream(path);
    file.once("error", () => response.writeHead(404).end());
    file.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a plain tuf-js client, without our code, gets the patch over HTTP", async (t) => {
  const vendor = await TestVendor.make(t, { now: Date.now });
  vendor.now = Date.now(); // tuf-js has no clock but the system's
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const url = await serve(t, vendor.repository);
  const metadataDir = join(vendor.parent, "tuf-metadata");
  const targetDir = join(vendor.parent, "tuf-targets");
  for (const folder of [metadataDir, targetDir]) await mkdir(folder);
  const first = join(vendor.repository, "metadata", "1.root.json");
  await cp(first, join(metadataDir, "root.json"));
  const client = (): Updater => {
    const bases = { metadataBaseUrl: `${url}/metadata`, targetBaseUrl: `${url}/targets` };
    return new Updater({ metadataDir, targetDir, ...bases });
  };
  const get = async (path: string): Promise<Buffer> => {
    const updater = client();
    await updater.refresh();
    const info = await updater.getTargetInfo(path);
    assert.ok(info !== undefined, path);
    return readFile(await updater.downloadTarget(info, join(targetDir, "out")));
  };
  const path = "patches/reader/1.0/any/reader";
  assert.deepEqual(await get(path), Buffer.from(patchBytes("1.0")));
  assert.match((await get("products/reader.json")).toString(), /causeway-catalogue/);
  const index = await get(`${path}.chunks`);
  assert.equal(index.subarray(0, 8).toString(), "CWINDEX1");
  assert.match((await get("routes.json")).toString(), /causeway-routes/);
  for (const role of ["root", "timestamp", "patches"]) {
    await rotateKey(vendor.dir, { role, ...vendor.common() });
  }
  await vendor.add({ version: "1.1" });
  await vendor.publish();
  assert.deepEqual(await get(path.replace("1.0", "1.1")), Buffer.from(patchBytes("1.1")));
  const stranger = await client().getTargetInfo("patches/reader/9.9/any/reader");
  assert.equal(stranger, undefined);
});
