import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import type { RouteEntry, RouteId, RouteList, ShardKey } from "@causeway/kernel";
import { sealRoute } from "@causeway/trust";
import { takeAnnouncement } from "../src/known/known-routes.ts";
import { folderStore } from "../src/node/index.ts";
import { readKnown } from "../src/probe/known.ts";
import { ReserveKeys, reserveKeysIn, reserveLimits } from "../src/routes/reserve-keys.ts";
import { codeOf } from "./support/announce.ts";
import { clientOf, ports } from "./support/customer.ts";
import { noise, now, product, startRoutes, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

function newKey(shard: number): ShardKey {
  return { shard, key: randomBytes(32).toString("base64url") };
}

function entry(id: string, url: string, state: RouteEntry["state"] = "active"): RouteEntry {
  return { id: id as RouteId, urls: [url], kind: "mirror", priority: 1, weight: 1, state };
}

function listOf(...sealed: readonly (readonly [RouteEntry, ShardKey])[]): RouteList {
  const boxes = sealed.map(([route, key]) => sealRoute(route, key, randomBytes(12)));
  return { version: 1, routes: [entry("open", "https://open.example/")], sealed: boxes };
}

function headerOf(...keys: readonly ShardKey[]): string {
  return keys.map(({ shard, key }) => `${shard}=${key}`).join(", ");
}

function idsOf({ routes }: RouteList): readonly (readonly [string, string])[] {
  return routes.map(({ id, state }) => [id, state]);
}

test("keys are read from an answer, and nothing from one that has anything else in it", () => {
  const read = (text: string): readonly ShardKey[] => {
    return reserveKeysIn(new Map([["causeway-reserves", text]]));
  };
  const keys = [newKey(3), newKey(1024)];
  assert.deepEqual(read(headerOf(...keys)), keys);
  const five = [1, 2, 3, 4, 5].map(newKey);
  const key = newKey(1).key;
  const wrong = [
    "",
    headerOf(...five),
    `${headerOf(...keys)}, x`,
    `0=${key}`,
    `1025=${key}`,
    `1=${key}A`,
  ];
  for (const text of [...wrong, `${headerOf(...keys)}${" ".repeat(512)}`]) {
    assert.deepEqual(read(text), [], text);
  }
  assert.deepEqual(reserveKeysIn(new Map()), []);
});

test("a key that opens a box is kept, others leave no trace, and what is opened comes last", async () => {
  const store = new MemoryStore();
  const [good, other] = [newKey(3), newKey(7)];
  const list = listOf(
    [entry("deep", "https://deep.example/"), good],
    [entry("gone", "https://gone.example/", "retired"), good],
    [entry("far", "https://far.example/"), other],
  );
  const keys = await ReserveKeys.open(store);
  assert.equal(await keys.opened(list, []), list);
  const wrong = Array.from({ length: 100 }, () => newKey(3));
  const seen = await keys.opened(list, [...wrong, good]);
  assert.deepEqual(idsOf(seen), [
    ["open", "active"],
    ["deep", "draining"],
    ["gone", "retired"],
  ]);
  await keys.opened(list, wrong);
  assert.deepEqual(idsOf(await (await ReserveKeys.open(store)).opened(list, [])), idsOf(seen));
  const kept = String(Buffer.from((await store.read("reserve-keys.json", 10_000)) ?? []));
  assert.ok(kept.includes(good.key) && !wrong.some(({ key }) => kept.includes(key)));
  // Also while the list has nothing for it.
  await keys.opened({ version: 2, routes: [] }, []);
  assert.deepEqual(idsOf(await (await ReserveKeys.open(store)).opened(list, [])), idsOf(seen));
});

test("no flood of right keys pushes out an earlier one that opens something; a damaged file is none", async () => {
  const store = new MemoryStore();
  const old = newKey(1000);
  const many = Array.from({ length: reserveLimits.keptMax + 4 }, (_, at) => newKey(at + 1));
  const list = listOf(
    ...many.map((key) => [entry(`r${key.shard}`, `https://r${key.shard}.example/`), key] as const),
  );
  const keys = await ReserveKeys.open(store);
  await keys.opened(listOf([entry("old", "https://old.example/"), old]), [old]);
  for (const key of many) await keys.opened(list, [key, key]);
  const kept = await (await ReserveKeys.open(store)).opened(list, []);
  const first = many.slice(0, reserveLimits.keptMax).map(({ shard }) => [`r${shard}`, "draining"]);
  assert.deepEqual(idsOf(kept), [["open", "active"], ...first]);
  assert.equal((await keys.opened(kept, [])).routes.length, kept.routes.length, "each once");
  await store.write(
    "reserve-keys.json",
    Buffer.from('{"_type":"causeway-reserve-keys","keys":[{}'),
  );
  assert.equal(await (await ReserveKeys.open(store)).opened(list, []), list);
});

test("an announced key opens reserves of the list that is here, when every route is dead", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using fleet = await startRoutes(["honest", "honest"], new Map());
  const [front, deep] = fleet.servers;
  assert.ok(front && deep);
  const key = newKey(5);
  const { sealed = [] } = listOf([entry("deep", deep.url), key]);
  vendor.routes({ version: 1, routes: [], sealed });
  for (const server of fleet.servers) server.files = vendor.files();
  const check = (): Promise<{ readonly version: string }> => {
    return clientOf(folder.path, [front.url], vendor.trust).check(product, { platform: "any" });
  };
  await check();
  front.behaviour = "resets";
  await assert.rejects(check(), { code: "ROUTE_ALL_FAILED" });
  const store = folderStore(path.join(folder.path, "state"));
  const wrong = codeOf(vendor, [], { shardKeys: [newKey(5)] });
  await takeAnnouncement(store, wrong, now);
  await assert.rejects(check(), { code: "ROUTE_ALL_FAILED" });
  const right = codeOf(vendor, [], { shardKeys: [key], sequence: 2 });
  const { urls, shardKeys } = await takeAnnouncement(store, right, now);
  assert.deepEqual([urls, shardKeys], [[], [key]]);
  assert.equal((await check()).version, "1.0");
  await fs.rm(path.join(folder.path, "state", "announcements.json"));
  assert.equal((await check()).version, "1.0", "what it opened is kept");
});

test("a reserve whose key a route gave in calm times is asked when nothing else is left, and not before", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using fleet = await startRoutes(["honest", "honest"], new Map());
  const [front, deep] = fleet.servers;
  assert.ok(front && deep);
  const key = newKey(5);
  const { sealed = [] } = listOf([entry("deep", deep.url), key]);
  vendor.routes({ version: 1, routes: [], sealed });
  for (const server of fleet.servers) server.files = vendor.files();
  const wish = { platform: "any" };
  const check = (): Promise<{ readonly version: string }> => {
    return clientOf(folder.path, [front.url], vendor.trust).check(product, wish);
  };
  front.headers = { "causeway-reserves": headerOf(newKey(5)) };
  await check();
  front.headers = { "causeway-reserves": headerOf(key) };
  await check();
  front.headers = {};
  await check();
  const { signal } = new AbortController();
  const state = folderStore(path.join(folder.path, "state"));
  const probed = await readKnown({ routes: [front.url], state, ports }, signal);
  assert.deepEqual(
    probed.routes.map(({ id }) => id),
    [front.url],
  );
  assert.equal(deep.requests.length, 0);
  const file = path.join(folder.path, "state", "reserve-keys.json");
  if (process.platform !== "win32") assert.equal((await fs.stat(file)).mode & 0o777, 0o600);
  vendor.release("1.1", noise(1_000, 2));
  deep.files = vendor.files();
  front.behaviour = "resets";
  assert.equal((await check()).version, "1.1");
  await fs.rm(file);
  await assert.rejects(check(), { code: "ROUTE_ALL_FAILED" });
});
