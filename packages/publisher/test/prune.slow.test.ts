import assert from "node:assert/strict";
import { readFile, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type PruneOptions, type PruneResult, prune, refresh } from "../src/index.ts";
import { inOrder } from "../src/prune/superseded.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { day, patchBytes, TestVendor } from "./support/vendor.ts";
import { targetBytes, WalkingClient } from "./support/walking-client.ts";

/** Three states, of which the last is out; the patch of the first is withdrawn. */
async function vendorOf(t: TestContext): Promise<{ vendor: TestVendor; web: string }> {
  const vendor = await TestVendor.make(t);
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  await vendor.add({ version: "1.1" });
  await vendor.publish();
  await rm(vendor.path("releases", "reader", "1.0"), { recursive: true });
  await vendor.publish();
  return { vendor, web: join(vendor.parent, "web") };
}

function run(vendor: TestVendor, options: PruneOptions = {}): Promise<PruneResult> {
  const { now, log } = vendor.common();
  return prune(vendor.dir, { now, log, ...options });
}

/** Time goes by, and the timer that signs runs at the end of it. */
async function after(vendor: TestVendor, days: number): Promise<void> {
  vendor.now += days * day;
  await refresh(vendor.dir, vendor.common());
}

async function names(tree: string): Promise<readonly string[]> {
  return [...(await treeDigests(tree)).keys()].map((path) => path.slice(1));
}

test("what no state names goes once no reader can be under way with it, and not a day before", async (t) => {
  const { vendor, web } = await vendorOf(t);
  const all = await treeDigests(web);
  const first = await run(vendor);
  assert.deepEqual([first.keepDays, first.routes.map(({ ok }) => ok)], [21, [true, true]]);
  assert.ok(first.routes.every(({ removed, waiting }) => removed.length === 0 && waiting > 0));
  await after(vendor, 20);
  const early = await run(vendor);
  assert.ok(early.routes.every(({ removed }) => removed.length === 0));
  const still = await treeDigests(web);
  assert.deepEqual(
    [...all.keys()].filter((path) => !still.has(path)),
    [],
  );
  await after(vendor, 1);
  const before = await names(web);
  const dry = await run(vendor, { isDryRun: true });
  assert.deepEqual(await names(web), before);
  const done = await run(vendor);
  assert.deepEqual(done.routes[1]?.removed, dry.routes[1]?.removed);
  const gone = done.routes[1]?.removed ?? [];
  assert.deepEqual(
    before.filter((path) => !gone.includes(path)),
    await names(web),
  );
  assert.ok(
    gone.some((path) => /\/1\.0\/any\/\w+\.reader$/.test(path)),
    "the patch",
  );
  assert.ok(
    gone.some((path) => /^metadata\/\d+\.patches-/.test(path)),
    "its document",
  );
  assert.ok(!gone.some((path) => /root|timestamp|security/.test(path)));
  for (const tree of [web, vendor.repository]) {
    const client = await WalkingClient.pinned(tree, vendor.now);
    await client.refresh(tree, vendor.now);
    const found = await client.find(tree, "patches/reader/1.1/any/reader", vendor.now);
    assert.deepEqual(await targetBytes(tree, found), Buffer.from(patchBytes("1.1")));
  }
  const again = await vendor.publish();
  assert.ok(again.routes.every(({ ok, bytes }) => ok && bytes === 0));
});

test("a file that is named again stays, and its next wait begins anew", async (t) => {
  const { vendor } = await vendorOf(t);
  await run(vendor);
  await after(vendor, 15);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  await run(vendor);
  await rm(vendor.path("releases", "reader", "1.0"), { recursive: true });
  await vendor.publish();
  await run(vendor);
  await after(vendor, 10);
  const { routes } = await run(vendor);
  const isPatch = (path: string): boolean => path.includes("/1.0/");
  assert.ok(routes.every(({ removed }) => !removed.some(isPatch)));
});

test("a carrier that failed, or has another state, keeps everything", async (t) => {
  const { vendor, web } = await vendorOf(t);
  await run(vendor);
  await after(vendor, 21);
  await vendor.configure("name: C\n");
  await vendor.publish();
  await after(vendor, 2);
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  const before = await names(web);
  const [own, carrier] = (await run(vendor)).routes;
  assert.ok(own?.ok === true && own.removed.length > 0);
  assert.deepEqual([carrier?.ok, carrier?.error?.code], [false, "HOST_CORRUPT_STATE"]);
  assert.match(carrier?.error?.message ?? "", /web has another state .* publish first/);
  assert.deepEqual(await names(web), before);
  await vendor.publish();
  const late = (await run(vendor)).routes[1];
  assert.ok(late?.ok === true && late.removed.length > 0, "what the repository lost long ago");
});

test("too short a wait, a wrong clock and a damaged state are refused", async (t) => {
  const { vendor } = await vendorOf(t);
  await assert.rejects(run(vendor, { keepDays: 13 }), {
    code: "USAGE_ARGUMENT",
    message: /^keep at least 14 days: /,
  });
  assert.equal((await run(vendor, { keepDays: 14 })).keepDays, 14);
  await assert.rejects(run(vendor, { now: () => vendor.now + 4 * day }), { code: "HOST_CLOCK" });
  await assert.rejects(run(vendor, { now: () => vendor.now - 2 * day }), { code: "HOST_CLOCK" });
  await writeFile(vendor.path("unnamed.json"), "{");
  assert.ok((await run(vendor)).routes.every(({ removed }) => removed.length === 0));
  await readFile(vendor.path("unnamed.json"));
  const bin = (await names(vendor.repository)).findLast((path) => path.includes("patches-00"));
  await unlink(join(vendor.repository, bin ?? ""));
  await assert.rejects(run(vendor), { code: "HOST_CORRUPT_STATE", message: /publish first/ });
});

test("what leads to others goes before them", () => {
  const paths = [
    "targets/b",
    "metadata/1.patches-00.json",
    "targets/a",
    "metadata/2.snapshot.json",
  ];
  assert.deepEqual(inOrder(paths), [paths[3], paths[1], paths[2], paths[0]]);
});
