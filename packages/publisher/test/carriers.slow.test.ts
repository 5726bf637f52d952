import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { publish, refresh } from "../src/index.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { patchBytes, TestVendor } from "./support/vendor.ts";
import { targetBytes, WalkingClient } from "./support/walking-client.ts";

test("carriers get exactly the tree, what is there already is not copied again", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure(
    "name: C\ncarriers:\n" +
      "  - { id: web-1, kind: folder, path: ../web-1 }\n" +
      "  - { id: web-2, kind: folder, path: ../web-2 }\n",
  );
  await vendor.add({ version: "1.0" });
  const first = await vendor.publish();
  assert.deepEqual(
    first.routes.map(({ id, ok }) => [id, ok]),
    [
      ["repository", true],
      ["web-1", true],
      ["web-2", true],
    ],
  );
  const web = join(vendor.parent, "web-1");
  // Orphans of the first, empty state are not carried: nothing refers to them.
  const source = await treeDigests(vendor.repository);
  for (const [path, digest] of await treeDigests(web)) assert.equal(source.get(path), digest);
  const client = await WalkingClient.pinned(web, vendor.now);
  await client.refresh(web, vendor.now);
  const found = await client.find(web, "patches/reader/1.0/any/reader", vendor.now);
  assert.deepEqual(await targetBytes(web, found), Buffer.from(patchBytes("1.0")));
  const second = await vendor.publish();
  assert.ok(second.routes.every((route) => route.ok && route.bytes === 0));
});

test("one failing carrier is reported and does not keep the others from the patch", async (t) => {
  const vendor = await TestVendor.make(t);
  const blocked = await vendor.file("blocked", "a file, where a folder should be");
  await vendor.configure(
    "name: C\ncarriers:\n" +
      `  - { id: broken, kind: folder, path: ${blocked} }\n` +
      "  - { id: odd, kind: folder, path: /proc/causeway }\n" + // whose mkdir has no such folder
      "  - { id: web, kind: folder, path: ../web }\n",
  );
  await vendor.add({ version: "1.0" });
  const result = await vendor.publish();
  const [own, broken, odd, web] = result.routes;
  assert.ok(own?.ok === true && web?.ok === true && broken?.ok === false && odd?.ok === false);
  assert.match(broken.error?.code ?? "", /^HOST_/);
  assert.match(odd.error?.code ?? "", /^HOST_/);
  await rm(blocked);
  const repaired = await vendor.publish();
  assert.ok(repaired.routes.every(({ id, ok }) => ok || id === "odd"));
  const tree = await treeDigests(blocked);
  assert.deepEqual(tree, await treeDigests(join(vendor.parent, "web")));
});

test("a carrier that was damaged is repaired, one that is ahead is left alone", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const copy = join(vendor.parent, "backup");
  await cp(vendor.dir, copy, { recursive: true });
  const web = join(vendor.parent, "web");
  const good = await treeDigests(web);
  const timestamp = join(web, "metadata", "timestamp.json");
  await truncate(timestamp, 10);
  for (const path of good.keys()) if (path.endsWith(".reader")) await rm(join(web, path));
  await vendor.publish();
  assert.deepEqual(await treeDigests(web), good);
  await vendor.add({ version: "1.1" });
  await vendor.publish();
  const ahead = await treeDigests(web);
  const stale = await publish(copy, vendor.common()); // a vendor folder from an old backup
  assert.equal(stale.routes[1]?.ok, false);
  assert.match(stale.routes[1]?.error?.message ?? "", /web has a newer state/);
  assert.deepEqual(await treeDigests(web), ahead);
});

test("bytes of a carrier that were changed in place are found and repaired on demand", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const web = join(vendor.parent, "web");
  const good = await treeDigests(web);
  const changed = [...good.keys()].find((path) => path.endsWith(".reader")) ?? "";
  const bytes = await readFile(join(web, changed));
  await writeFile(join(web, changed), bytes.fill(0, 100, 101));
  await vendor.publish();
  assert.notDeepEqual(await treeDigests(web), good);
  const { routes } = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.deepEqual(routes[1], { id: "web", ok: true, bytes: bytes.length });
  assert.deepEqual(await treeDigests(web), good);
  const again = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.equal(again.routes[1]?.bytes, 0);
});

test("a damaged file of the repository reaches no carrier, however often it is published", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const path = await damage(vendor);
  await vendor.configure("name: C\ncarriers:\n  - { id: web, kind: folder, path: ../web }\n");
  const web = join(vendor.parent, "web");
  for (const _ of [1, 2]) {
    const { routes } = await vendor.publish();
    for (const id of ["repository", "web"]) {
      const { ok, error } = routes.find((route) => route.id === id) ?? {};
      assert.deepEqual([ok, error?.code], [false, "HOST_CORRUPT_STATE"]);
      assert.match(
        error?.message ?? "",
        /repository\/targets\/.*\.reader is damaged, and no carrier has a good copy/,
      );
    }
    const there = await treeDigests(web);
    assert.ok(![...there.keys()].some((name) => /timestamp|\.reader$/.test(name)), "nothing of it");
  }
  await vendor.configure("name: C\n");
  for (const act of [publish, refresh]) {
    const { routes } = await act(vendor.dir, { ...vendor.common(), everyByte: true });
    assert.equal(routes[0]?.ok, false);
    assert.match(routes[0]?.error?.message ?? "", /\.reader is damaged/);
  }
  await writeFile(path, patchBytes("1.0"));
  const repaired = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.ok(repaired.routes.every(({ ok }) => ok));
});

test("what was damaged or lost in the repository is restored from a carrier that has it", async (t) => {
  const vendor = await TestVendor.make(t);
  const web = (id: string): string => `{ id: ${id}, kind: folder, path: ../${id} }`;
  await vendor.configure(`name: C\ncarriers: [${web("bad")}, ${web("good")}]\n`);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const good = await treeDigests(join(vendor.parent, "good"));
  await damage(vendor, join(vendor.parent, "bad"));
  const path = await damage(vendor);
  await vendor.configure(`name: C\ncarriers: [${web("bad")}, ${web("good")}, ${web("new")}]\n`);
  const filled = await vendor.publish();
  assert.ok(filled.routes.every(({ ok }) => ok));
  assert.deepEqual(await treeDigests(join(vendor.parent, "new")), good);
  assert.match(vendor.warnings.join("\n"), /\.reader was damaged; it was restored from good\./);
  assert.deepEqual(await readFile(path), Buffer.from(patchBytes("1.0")));
  await damage(vendor);
  const { routes } = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.deepEqual(
    routes.map(({ bytes }) => bytes > 0),
    [true, true, false, false],
  );
  await rm(path);
  await refresh(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.deepEqual(await readFile(path), Buffer.from(patchBytes("1.0")));
  for (const tree of ["bad", "good", "new"]) {
    assert.deepEqual(await treeDigests(join(vendor.parent, tree)), good);
  }
});

test("a link that leads a carrier into the vendor folder, or to another's place, is refused", async (t) => {
  const vendor = await TestVendor.make(t);
  const { parent } = vendor;
  await mkdir(join(parent, "web"));
  await symlink(vendor.repository, join(parent, "inside"));
  await symlink(parent, join(parent, "around"));
  await symlink(join(parent, "web"), join(parent, "twin"));
  const ids = ["inside", "around", "web", "twin"];
  const carriers = ids.map((id) => `{ id: ${id}, kind: folder, path: ../${id} }`);
  await vendor.configure(`name: C\ncarriers: [${carriers.join(", ")}]\n`);
  await vendor.add({ version: "1.0" });
  const { routes } = await vendor.publish();
  const failed = routes.filter(({ ok }) => !ok);
  assert.equal(failed.length, 3, "one of the two gets it");
  assert.ok(failed.every(({ error }) => error?.code === "CONFIG_MALFORMED"));
  assert.match(failed[0]?.error?.message ?? "", /inside must lie beside the vendor folder/);
  assert.match(failed[2]?.error?.message ?? "", /another carrier writes to .*web already/);
  const untouched = await readdir(vendor.repository);
  assert.ok(!untouched.includes(".causeway-incoming"));
});

/** Changes four bytes of the published patch. @returns its path */
async function damage(vendor: TestVendor, tree = vendor.repository): Promise<string> {
  const names = await readdir(join(tree, "targets"), { recursive: true });
  const name = names.find((each) => /patches\/.*\.reader$/.test(each));
  assert.ok(name !== undefined);
  const path = join(tree, "targets", name);
  const bytes = await readFile(path);
  bytes.fill(0xff, 100, 104);
  await writeFile(path, bytes);
  return path;
}
