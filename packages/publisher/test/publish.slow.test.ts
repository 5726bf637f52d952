import assert from "node:assert/strict";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  decodeCatalogue,
  decodeDeltas,
  decodeRelease,
  decodeRouteList,
  type ProductId,
  parseJson,
  type TargetPath,
} from "@causeway/kernel";
import { publish, rotateKey, signPending } from "../src/index.ts";
import { assertStrictlyReadable } from "./support/strict-reader.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { day, patchBytes, TestVendor } from "./support/vendor.ts";
import { targetBytes, WalkingClient } from "./support/walking-client.ts";

test("a published patch, its artifacts, catalogue and advisory reach a client", async (t) => {
  const vendor = await TestVendor.make(t);
  const advisory = '{"id":"CSW-1","modified":"2026-08-01T00:00:00Z"}';
  await vendor.add({ version: "1.0" });
  await vendor.add({ version: "1.1", advisories: [await vendor.file("a.json", advisory)] });
  const result = await vendor.publish();
  assert.equal(result.repository, "Contoso");
  assert.equal(result.patches, 2);
  const { repository, now } = vendor;
  const client = await WalkingClient.pinned(repository, now);
  await client.refresh(repository, now);
  const path = "patches/reader/1.1/any/reader" as TargetPath;
  const found = await client.find(repository, path, now);
  assert.deepEqual(await targetBytes(repository, found), Buffer.from(patchBytes("1.1")));
  const record = decodeRelease(found?.custom, path);
  assert.deepEqual(record?.advisories, ["CSW-1"]);
  assert.ok(record?.pack !== undefined && record.deltas !== undefined);
  const list = await client.find(repository, record.deltas.path, now);
  const listed = parseJson(await targetBytes(repository, list), "deltas");
  const [delta] = decodeDeltas(listed, path);
  assert.equal(delta?.from.version, "1.0");
  for (const artifact of [record.index, record.pack, record.deltas, delta, delta.index]) {
    const target = await client.find(repository, artifact.path, now);
    assert.deepEqual(
      [target?.length, target?.hashes.get("sha256")],
      [artifact.length, artifact.sha256],
    );
    assert.equal((await targetBytes(repository, target)).length, artifact.length);
  }
  const catalogue = await targetBytes(
    repository,
    await client.find(repository, "products/reader.json", now),
  );
  const { releases } = decodeCatalogue(parseJson(catalogue, "c"), "reader" as ProductId);
  assert.deepEqual(
    releases.map((entry) => entry.version),
    ["1.1", "1.0"],
  );
  const osv = await client.find(repository, "advisories/CSW-1.json", now);
  assert.equal((await targetBytes(repository, osv)).toString(), advisory);
});

test("nothing is written that strict readers refuse or read differently", async (t) => {
  const vendor = await TestVendor.make(t);
  await assertStrictlyReadable(vendor.repository);
  await vendor.add({ version: "1.0", name: "A~b_c-1.0.bin" });
  await vendor.add({ version: "2.0.0-rc.1", minimumVersion: "1.0" });
  await vendor.publish();
  await assertStrictlyReadable(vendor.repository);
});

test("a patch that is called as an artifact would be is found all the same", async (t) => {
  const vendor = await TestVendor.make(t);
  const { repository, now } = vendor;
  const file = await vendor.file("b.pack.zst", patchBytes("1.0"));
  await vendor.add({ version: "1.0", file });
  await vendor.publish();
  const client = await WalkingClient.pinned(repository, now);
  await client.refresh(repository, now);
  const path = "patches/reader/1.0/any/b.pack.zst" as TargetPath;
  const found = await client.find(repository, path, now);
  assert.equal(decodeRelease(found?.custom, path)?.version, "1.0");
});

test("a publish with nothing to do changes nothing; one patch changes only its bins", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const before = await treeDigests(vendor.repository);
  const again = await vendor.publish();
  assert.deepEqual(again.routes, [{ id: "repository", ok: true, bytes: 0 }]);
  assert.deepEqual(await treeDigests(vendor.repository), before);
  await vendor.add({ version: "1.1" });
  const second = await vendor.publish();
  assert.deepEqual(second.versions, {
    root: 1,
    targets: 1,
    patches: 1,
    routes: 1,
    snapshot: 3,
    timestamp: 3,
  });
  const written = [...(await treeDigests(vendor.repository)).keys()].filter((path) => {
    return !before.has(path) && path.startsWith("/metadata/");
  });
  const bins = written.filter((path) => /(?:patches|products|artifacts)-/.test(path));
  // The patch, its catalogue; index, pack, list of deltas, delta and its index.
  assert.ok(bins.length >= 3 && bins.length <= 7, bins.join());
  assert.equal(written.length, bins.length + 1); // and the snapshot
  assert.deepEqual(await readdir(vendor.path("staged")).catch(() => []), []);
});

test("the route list follows causeway.yaml, and its version grows with each change", async (t) => {
  const vendor = await TestVendor.make(t);
  const { repository, now } = vendor;
  const listOf = async (): Promise<ReturnType<typeof decodeRouteList>> => {
    const client = await WalkingClient.pinned(repository, now);
    await client.refresh(repository, now);
    const found = await client.find(repository, "routes.json", now);
    return decodeRouteList(parseJson(await targetBytes(repository, found), "routes.json"));
  };
  assert.deepEqual(await listOf(), { version: 1, routes: [] });
  await vendor.configure("name: C\nroutes:\n  - { id: a, url: https://a.example/, region: eu }\n");
  await vendor.publish();
  const changed = await listOf();
  assert.equal(changed.version, 2);
  assert.equal(changed.routes[0]?.region, "eu");
  await vendor.publish();
  assert.equal((await listOf()).version, 2);
  await vendor.configure("name: C\npoll: 90m\n");
  await vendor.publish();
  assert.deepEqual(await listOf(), { version: 3, pollSeconds: 5_400, routes: [] });
  await vendor.publish();
  assert.equal((await listOf()).version, 3);
});

test("an artifact that is gone or damaged stops the publish before readers see anything", async (t) => {
  const vendor = await TestVendor.make(t);
  const added = await vendor.add({ version: "1.0" });
  const before = await readFile(join(vendor.repository, "metadata", "timestamp.json"));
  const staged = vendor.path("staged", added.sha256);
  await rename(staged, `${staged}.away`);
  await assert.rejects(vendor.publish(), {
    code: "HOST_MISSING",
    message: /neither published nor/,
  });
  await writeFile(staged, patchBytes("9.9"));
  await assert.rejects(vendor.publish(), { code: "HOST_CORRUPT_STATE" });
  const after = await readFile(join(vendor.repository, "metadata", "timestamp.json"));
  assert.deepEqual(after, before);
  await rename(`${staged}.away`, staged);
  assert.equal((await vendor.publish()).patches, 1);
});

test("damaged records and documents are named; a damaged bin is made anew", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const bin = join(vendor.repository, "metadata", "1.patches-00.json");
  await truncate(bin, 20);
  const healed = await vendor.publish();
  assert.equal(healed.versions["snapshot"], 3);
  const record = vendor.path("releases", "reader", "1.0", "any.json");
  const good = await readFile(record);
  await writeFile(record, good.subarray(0, 50));
  await assert.rejects(vendor.publish(), { code: "HOST_CORRUPT_STATE", message: /any\.json/ });
  await writeFile(record, good);
  const timestamp = join(vendor.repository, "metadata", "timestamp.json");
  await truncate(timestamp, 0);
  await assert.rejects(vendor.publish(), {
    code: "HOST_CORRUPT_STATE",
    message: /timestamp\.json/,
  });
});

test("documents are signed again before they expire, the bins all at once", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  vendor.now += 200 * day;
  const result = await vendor.publish();
  assert.deepEqual(result.versions, {
    root: 1,
    targets: 1,
    patches: 2,
    routes: 2,
    snapshot: 3,
    timestamp: 3,
  });
  vendor.now += 100 * day; // a quarter of the root's life is left
  const later = await vendor.publish();
  assert.equal(later.versions["root"], 2);
  assert.equal(later.versions["targets"], 2);
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await client.refresh(vendor.repository, vendor.now);
});

test("keys that are offline are a warning first, and an error when the role has expired", async (t) => {
  const vendor = await TestVendor.make(t);
  await mkdir(join(vendor.parent, "safe", "keys"), { recursive: true });
  for (const name of await readdir(vendor.path("keys"))) {
    if (!/^(?:root|targets)-/.test(name)) continue;
    await rename(vendor.path("keys", name), join(vendor.parent, "safe", "keys", name));
  }
  vendor.now += 300 * day;
  const result = await vendor.publish();
  assert.equal(result.versions["root"], 1);
  assert.match(vendor.warnings.join("\n"), /root stays at version 1 for now \(65 days left\)/);
  assert.match(vendor.warnings.join("\n"), /targets stays at version 1 for now \(65 days left\)/);
  const waiting = await readdir(vendor.path("keys", "pending"));
  assert.deepEqual(waiting.toSorted(), ["2.root.json", "2.targets.json"]);
  vendor.now += 100 * day;
  await assert.rejects(vendor.publish(), { code: "KEY_THRESHOLD", message: /has expired/ });
  for (const name of waiting) {
    const file = vendor.path("keys", "pending", name);
    await signPending(vendor.path("..", "safe"), { file, ...vendor.common() });
  }
  const renewed = await vendor.publish();
  assert.deepEqual([renewed.versions["root"], renewed.versions["targets"]], [2, 2]);
});

test("a shorter life in causeway.yaml takes effect at the next publish", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure("name: C\nexpiry: { timestamp: 1h }\n");
  const result = await vendor.publish();
  assert.equal(result.versions["timestamp"], 2);
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await assert.rejects(client.refresh(vendor.repository, vendor.now + 3_700_000), {
    code: "TRUST_EXPIRED",
  });
});

test("readers that come at any moment of a publish see the old state or the new one", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  await vendor.add({ version: "1.1" });
  await rotateKey(vendor.dir, { role: "patches", ...vendor.common() }); // all bins change
  const done = new AbortController();
  const publishing = vendor.publish().finally(() => done.abort());
  const seen = new Map<string, Set<number | undefined>>();
  const watch = async (tree: string): Promise<void> => {
    while (!done.signal.aborted) {
      const client = await WalkingClient.pinned(tree, vendor.now);
      const versions = await client.refresh(tree, vendor.now);
      const path = "patches/reader/1.0/any/reader";
      assert.ok(await client.find(tree, path, vendor.now));
      seen.set(tree, (seen.get(tree) ?? new Set()).add(versions.get("snapshot")));
    }
  };
  const trees = [vendor.repository, join(vendor.parent, "web")];
  await Promise.all([publishing, ...trees.map(watch)]);
  for (const tree of trees) assert.ok(seen.get(tree)?.has(2), "the old state was seen meanwhile");
});

test("an interrupted publish leaves readers the old state, and goes on when run again", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  const abort = new AbortController();
  const publishing = publish(vendor.dir, {
    ...vendor.common(),
    signal: abort.signal,
    onProgress: ({ step }) => void (step === "place" && abort.abort()),
  });
  await assert.rejects(publishing, { code: "INTERRUPTED" });
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  assert.equal((await client.refresh(vendor.repository, vendor.now)).get("snapshot"), 1);
  await vendor.publish();
  assert.equal((await client.refresh(vendor.repository, vendor.now)).get("snapshot"), 2);
});

test("two writers at once are refused, naming the first", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  const both = await Promise.allSettled([vendor.publish(), vendor.publish()]);
  // Either may come first: both read the configuration before they take the lock.
  const refused = both.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
  assert.equal(refused.length, 1);
  assert.match(refused[0] ?? "", new RegExp(`^HostError: process ${process.pid} is working on`));
  await vendor.publish();
});

test("files that the vendor adds stay readable for a web server", async (t) => {
  const vendor = await TestVendor.make(t);
  const file = await vendor.file("reader", patchBytes("1.0"));
  await chmod(file, 0o600);
  await vendor.add({ version: "1.0", file });
  await vendor.publish();
  const entries = await readdir(vendor.repository, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const { mode } = await stat(join(entry.parentPath, entry.name));
    assert.equal(mode & 0o444, 0o444, entry.name);
  }
});

test("what a killed publish has written keeps its name, and the next version is above it", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const metadata = join(vendor.repository, "metadata");
  const left = ["3.snapshot.json", "4.snapshot.json", "2.targets.json", "7.patches-00.json"];
  for (const name of left) await writeFile(join(metadata, name), "left by a kill");
  await writeFile(join(metadata, "999999999.snapshot.json"), "left by nobody");
  await vendor.add({ version: "1.1" });
  const { versions } = await vendor.publish();
  assert.deepEqual([versions["snapshot"], versions["targets"]], [5, 1]);
  for (const name of left) {
    assert.equal(await readFile(join(metadata, name), "utf8"), "left by a kill");
  }
  const client = await WalkingClient.pinned(vendor.repository, vendor.now);
  await client.refresh(vendor.repository, vendor.now);
  vendor.now += 300 * day;
  assert.equal((await vendor.publish()).versions["targets"], 3);
});
