import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { NoRouteDelivered, toProductId } from "@causeway/kernel";
import type { Behaviour } from "../../client/test/support/faulty-route.ts";
import { noise, now, portsIn2030, startRoutes, Vendor } from "../../client/test/support/field.ts";
import { mirrorOf, treeFolder } from "./support/mirrored.ts";

/** Two versions are out. */
function makeVendor(): Vendor {
  const vendor = new Vendor();
  vendor.release("1.0", noise(300_000, 1));
  vendor.release("1.1", noise(700_000, 2));
  return vendor;
}

/** What a route of the newest state has to carry. */
function newestFiles(vendor: Vendor): ReadonlyMap<string, Uint8Array> {
  const { published } = vendor.repository;
  const isNewest = (path: string): boolean => {
    const [, version, role = ""] = /^metadata\/(?:(\d+)\.)?(\w+)\.json$/.exec(path) ?? [];
    return (
      role === "root" || version === undefined || Number(version) === published.get(role)?.length
    );
  };
  return new Map([...vendor.files()].filter(([path]) => isNewest(path)));
}

function assertHolds(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [path, bytes] of files) {
    assert.ok(readFileSync(join(folder, path)).equals(bytes), path);
  }
}

function namesIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = entries.flatMap((entry) =>
    entry.isFile() ? join(entry.parentPath, entry.name) : [],
  );
  const own = names.map((name) => name.slice(folder.length + 1));
  return own.filter((name) => !name.startsWith(".mirror/")).toSorted();
}

test("a mirror holds every file of the repository's state, and nothing else", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
  const got = await mirror.update();
  assert.deepEqual(got.versions, { root: 1, timestamp: 3, snapshot: 3, targets: 3 });
  assert.equal(got.targets, 5); // two patches, their chunk indexes, the catalogue
  assertHolds(folder, newestFiles(vendor));
  assert.deepEqual(namesIn(folder), [...newestFiles(vendor).keys()].toSorted());
  assert.equal(existsSync(join(folder, ".mirror", "lock")), true);

  const before = fleet.servers[0]?.requests.length ?? 0;
  assert.equal((await mirror.update()).isNews, false);
  const again = fleet.servers[0]?.requests.slice(before);
  assert.deepEqual(again, ["GET /metadata/2.root.json", "GET /metadata/timestamp.json"]);
});

const bad: readonly Behaviour[] = ["lies", "truncates", "endless", "login-page", "gzips", "dead"];
for (const behaviour of bad) {
  test(`a route that ${behaviour} is passed over, and nothing of it is kept`, async (t) => {
    const folder = await treeFolder(t);
    const vendor = makeVendor();
    await using fleet = await startRoutes([behaviour, "honest"], vendor.files());
    const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
    await mirror.update();
    assert.deepEqual(namesIn(folder), [...newestFiles(vendor).keys()].toSorted());
    assertHolds(folder, newestFiles(vendor));
  });
}

test("a route that lies of targets alone is found out, and its bytes are thrown away", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const honest = vendor.files();
  const lying = {
    get: (path: string) => {
      const bytes = honest.get(path);
      return path.startsWith("targets/") ? bytes?.map((byte) => byte ^ 1) : bytes;
    },
  };
  await using liars = await startRoutes(["honest"], lying);
  const routes = [...liars.urls];
  const alone = await mirrorOf(t, { folder, routes, trust: vendor.trust });
  await assert.rejects(alone.update(), (error) => {
    assert.ok(error instanceof NoRouteDelivered);
    assert.equal(error.attempts[0]?.error.code, "TRUST_MISMATCH");
    return true;
  });
  assert.deepEqual(namesIn(folder), []);
  alone.close();
  await using fleet = await startRoutes(["honest"], honest);
  const mirror = await mirrorOf(t, { folder, routes: [...routes, ...fleet.urls] });
  await mirror.update();
  assertHolds(folder, newestFiles(vendor));
});

test("what a broken route began, another one ends", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  await using fleet = await startRoutes(["honest", "honest"], vendor.files());
  const [first, second] = fleet.servers;
  assert.ok(first && second);
  first.firstTime = "breaks-off";
  const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
  await mirror.update();
  assertHolds(folder, newestFiles(vendor));
});

test("while a target is missing everywhere, the tree stays as it was", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const old = newestFiles(vendor);
  await using fleet = await startRoutes(["honest"], vendor.files());
  const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
  await mirror.update();
  vendor.release("1.2", noise(200_000, 3));
  const files = new Map(vendor.files());
  for (const path of files.keys())
    if (/1\.2\/any\/\w+\.reader\.bin$/.test(path)) files.delete(path);
  for (const server of fleet.servers) server.files = files;
  await assert.rejects(mirror.update(), { code: "ROUTE_ALL_FAILED" });
  assertHolds(folder, old);
  for (const server of fleet.servers) server.files = vendor.files();
  await mirror.update();
  assertHolds(folder, newestFiles(vendor));
});

test("a stale route takes nothing back", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const old = vendor.files();
  vendor.release("1.2", noise(1_000, 3));
  await using fleet = await startRoutes(["honest"], vendor.files());
  const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
  await mirror.update();
  const before = namesIn(folder);
  for (const server of fleet.servers) server.files = old;
  await assert.rejects(mirror.update(), { code: "ROUTE_ALL_FAILED" });
  assertHolds(folder, newestFiles(vendor));
  assert.deepEqual(namesIn(folder), before);
});

test("what no state names any more goes after the grace, but for the roots", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  await using fleet = await startRoutes(["honest"], vendor.files());
  let wall = now;
  const ports = portsIn2030();
  const options = {
    folder,
    routes: fleet.urls,
    trust: vendor.trust,
    graceMs: 3_600_000,
    ports: { ...ports, clock: { ...ports.clock, wall: () => wall } },
  };
  const mirror = await mirrorOf(t, options);
  await mirror.update();
  const first = namesIn(folder);
  vendor.repository.publish("root");
  vendor.release("1.2", noise(1_000, 3));
  for (const server of fleet.servers) {
    server.files = vendor.files();
    server.wall = () => wall;
  }
  assert.equal((await mirror.update()).removed, 0);
  for (const name of first) assert.ok(namesIn(folder).includes(name), name);
  wall += 3_599_000;
  assert.equal((await mirror.update()).removed, 0);
  wall += 2_000;
  // Targets, snapshot and patches of before, and the catalogue.
  assert.equal((await mirror.update()).removed, 4);
  assert.deepEqual(namesIn(folder), [...newestFiles(vendor).keys()].toSorted());
  assert.ok(namesIn(folder).includes("metadata/1.root.json"));
});

test("a file that was damaged on the disk is fetched anew by the next process", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const options = { folder, routes: fleet.urls, trust: vendor.trust };
  const mirror = await mirrorOf(t, options);
  await mirror.update();
  mirror.close();
  const [path, bytes] =
    [...newestFiles(vendor)].find(([name]) => name.endsWith("reader.bin")) ?? [];
  assert.ok(path && bytes);
  await writeFile(join(folder, path), bytes.toReversed());
  await appendFile(join(folder, "metadata", "1.root.json"), "x");
  await (await mirrorOf(t, options)).update();
  assertHolds(folder, newestFiles(vendor));
});

test("an expired list of routes keeps no patch out", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  vendor.routes({ version: 1, routes: [] });
  vendor.repository.role("routes").expires = "2029-01-01T00:00:00Z";
  vendor.repository.publish("routes");
  vendor.publish();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
  await mirror.update();
  assert.ok(namesIn(folder).includes("metadata/2.routes.json"));
  assert.ok(namesIn(folder).some((name) => name.endsWith(".reader.bin")));
});

test("files that a role names without having a say in them are not carried", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const { repository } = vendor;
  repository.delegate("targets", "routes", { paths: ["routes.json"] });
  repository.addTarget("patches/reader/9.9/any/evil.bin", noise(1_000, 9), "routes");
  repository.publish("routes");
  vendor.publish();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const mirror = await mirrorOf(t, { folder, routes: fleet.urls, trust: vendor.trust });
  await mirror.update();
  assert.deepEqual(
    namesIn(folder).filter((name) => name.includes("evil")),
    [],
  );
});

test("a folder of another vendor, of nobody's, or in use is refused", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const other = makeVendor();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const options = { folder, routes: fleet.urls, trust: vendor.trust };
  const mirror = await mirrorOf(t, options);
  await mirror.update();
  await assert.rejects(mirrorOf(t, options), { code: "HOST_BUSY" });
  mirror.close();
  const stranger = await mirrorOf(t, { ...options, trust: other.trust });
  await assert.rejects(stranger.update(), { code: "USAGE_TRUST_CONFLICT" });
  assertHolds(folder, newestFiles(vendor));
  const site = await treeFolder(t);
  await mkdir(join(site, "targets"));
  await writeFile(join(site, "targets", "precious"), "x");
  // Also the second time, as a service manager does by itself.
  for (let start = 1; start <= 2; start++) {
    await assert.rejects(mirrorOf(t, { ...options, folder: site }), { code: "USAGE_ARGUMENT" });
  }
});

test("a chosen product's mirror has all metadata, and no other product's patches", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const { repository } = vendor;
  repository.addTarget("patches/other/1.0/any/other.bin", noise(1_000, 4), "patches");
  repository.addTarget("products/other.json", "{}", "patches");
  repository.delegate("targets", "more", { paths: ["advisories/*"] });
  repository.addTarget("advisories/A-1.json", "{}", "more");
  repository.publish("more");
  vendor.publish();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const products = [toProductId("reader")];
  const options = { folder, routes: fleet.urls, trust: vendor.trust };
  const mirror = await mirrorOf(t, { ...options, products });
  await mirror.update();
  const expected = [...newestFiles(vendor).keys()].filter((name) => !name.includes("other"));
  assert.deepEqual(namesIn(folder), expected.toSorted());
  mirror.close();
  const wrong = await mirrorOf(t, { ...options, products: [toProductId("readr")] });
  await assert.rejects(wrong.update(), { code: "USAGE_UNKNOWN_PRODUCT" });
});

test("a product that the vendor drops leaves the mirror of the others as it is", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const { repository } = vendor;
  repository.addTarget("products/other.json", "{}", "patches");
  vendor.publish();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const products = [toProductId("reader"), toProductId("other")];
  const options = { folder, routes: fleet.urls, trust: vendor.trust };
  const mirror = await mirrorOf(t, { ...options, products });
  assert.deepEqual((await mirror.update()).dropped, []);
  delete repository.role("patches").targets["products/other.json"];
  vendor.release("1.2", noise(200_000, 5));
  const [server] = fleet.servers;
  assert.ok(server);
  server.files = vendor.files();
  const { dropped, isNews } = await mirror.update();
  assert.deepEqual([dropped, isNews], [["other"], true]);
  mirror.close();
  const mistyped = { ...options, folder: await treeFolder(t), products };
  const other = await mirrorOf(t, mistyped);
  await assert.rejects(other.update(), { code: "USAGE_UNKNOWN_PRODUCT" });
});
