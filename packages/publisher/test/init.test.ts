import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { initVendor, listKeys } from "../src/index.ts";
import { TestVendor, temporaryFolder } from "./support/vendor.ts";
import { WalkingClient } from "./support/walking-client.ts";

const passphrase = (): Promise<string> => Promise.resolve("secret");

test("init makes a repository that a client takes, although it is empty", async (t) => {
  const vendor = await TestVendor.make(t);
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  const versions = await client.refresh(vendor.repository, vendor.now);
  for (const role of ["root", "timestamp", "snapshot", "targets"]) {
    assert.equal(versions.get(role), 1);
  }
  const routes = await client.find(vendor.repository, "routes.json", vendor.now);
  assert.ok(routes !== undefined);
  const patch = await client.find(vendor.repository, "patches/a/1/any/a", vendor.now);
  assert.equal(patch, undefined);
});

test("init leaves what is there alone", async (t) => {
  const parent = await temporaryFolder(t);
  const dir = join(parent, "vendor");
  await mkdir(dir); // an empty folder is fine
  await initVendor(dir, { name: "Contoso", dev: true, passphrase });
  await assert.rejects(initVendor(dir, { name: "Contoso", dev: true, passphrase }), {
    code: "USAGE_EXISTS",
  });
  const other = join(parent, "other");
  await mkdir(other);
  await writeFile(join(other, "mine.txt"), "mine");
  await assert.rejects(initVendor(other, { name: "Contoso", dev: true, passphrase }), {
    code: "USAGE_EXISTS",
  });
  await assert.rejects(
    initVendor(join(other, "mine.txt", "x"), { name: "C", dev: true, passphrase }),
    { code: /^HOST_/ },
  );
  assert.deepEqual(await readdir(other), ["mine.txt"]);
  assert.deepEqual((await readdir(parent)).toSorted(), ["other", "vendor"]);
});

test("an init that fails half way leaves nothing", async (t) => {
  const parent = await temporaryFolder(t);
  let left = 3;
  const failing = (): Promise<string> => {
    left--;
    return left > 0 ? Promise.resolve("secret") : Promise.reject(new Error("no terminal"));
  };
  const dir = join(parent, "vendor");
  await assert.rejects(initVendor(dir, { name: "C", passphrase: failing }), /no terminal/);
  assert.deepEqual(await readdir(parent), []);
});

test("names and root counts that make no sense are refused before anything is made", async (t) => {
  const parent = await temporaryFolder(t);
  const dir = join(parent, "vendor");
  const refused = [
    { name: "" },
    { name: "two\nlines" },
    { name: "x".repeat(101) },
    { name: "C", rootKeys: 2, rootThreshold: 3 },
    { name: "C", rootKeys: 0 },
    { name: "C", rootThreshold: 0 },
    { name: "C", rootKeys: 2.5 },
    { name: "C", rootKeys: 17 },
  ];
  for (const options of refused) {
    const made = initVendor(dir, { dev: true, passphrase, ...options });
    await assert.rejects(made, { code: "USAGE_ARGUMENT" }, JSON.stringify(options));
  }
  await assert.rejects(initVendor(dir, { name: "C", products: ["A b"], passphrase }), {
    code: "USAGE_NAME",
  });
  assert.deepEqual(await readdir(parent), []);
});

test("the root has as many keys and signatures as asked for", async (t) => {
  for (const [rootThreshold, rootKeys, expected] of [
    [1, 1, { keys: 1, signatures: 1 }],
    [3, 5, { keys: 5, signatures: 3 }],
    [4, undefined, { keys: 4, signatures: 4 }],
    [undefined, 1, { keys: 1, signatures: 1 }],
  ] as const) {
    const vendor = await TestVendor.make(t, {
      ...(rootThreshold !== undefined && { rootThreshold }),
      ...(rootKeys !== undefined && { rootKeys }),
    });
    const root = JSON.parse(
      await readFile(join(vendor.repository, "metadata", "1.root.json"), "utf8"),
    ) as { signatures: unknown[] };
    const { keys } = await listKeys(vendor.dir);
    assert.equal(keys.filter((key) => key.role === "root").length, expected.keys);
    assert.equal(root.signatures.length, expected.signatures);
  }
});
