import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { decodeShardKeys, type RouteEntry, readAnnouncement } from "@causeway/kernel";
import { openSealedRoute } from "@causeway/trust";
import { announce, listRoutes, type RouteEdit } from "../src/index.ts";
import { configOf, edited, listIn, routesYaml, vendorWithRoutes } from "./support/routes.ts";
import { treeDigests } from "./support/tree-digests.ts";
import type { TestVendor } from "./support/vendor.ts";

const secret = "hidden-reserve";
const reserve: Extract<RouteEdit, { readonly kind: "add" }> = {
  kind: "add",
  id: "deep-1",
  urls: [`https://${secret}.example/`],
  shard: "next",
};

/** What the vendor's keys open of the public list. */
async function openedIn(vendor: TestVendor, now = vendor.now): Promise<readonly RouteEntry[]> {
  const { sealed = [] } = await listIn(vendor.repository, now);
  const { shards } = decodeShardKeys(await readFile(vendor.path("keys", "shards.json")));
  return sealed.flatMap((box) => {
    const key = shards.find(({ shard }) => shard === box.shard);
    return (key && openSealedRoute(box, key)) ?? [];
  });
}

/** Files of a tree whose name or bytes have the text in them. */
async function naming(tree: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    if (file.includes(text) || (await readFile(file)).includes(text)) found.push(file);
  }
  return found;
}

test("a sealed route is for who has its key: nothing that is published names it until it is opened", async (t) => {
  const vendor = await vendorWithRoutes(t);
  const carried = path.join(vendor.parent, "web");
  await mkdir(carried);
  await vendor.configure(`${routesYaml}carriers: [{ id: web, kind: folder, path: ../web }]\n`);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const { changes } = await edited(vendor, reserve);
  assert.deepEqual(
    changes.map(({ id, after }) => [id, after?.sealed]),
    [["deep-1", 1]],
  );
  await vendor.add({ version: "1.1" });
  await vendor.publish(); // all pages anew
  for (const tree of [vendor.repository, carried]) {
    assert.ok((await naming(tree, "m.example")).length > 3); // the search finds what is there
    assert.deepEqual(await naming(tree, secret), []);
    assert.deepEqual(await naming(tree, "deep-1"), []);
  }
  assert.ok(vendor.lines.every(({ message }) => !message.includes(secret)));
  const [entry] = await openedIn(vendor);
  assert.deepEqual([entry?.id, entry?.urls], ["deep-1", [`https://${secret}.example/`]]);
  if (process.platform !== "win32") {
    for (const file of [vendor.path("keys", "shards.json"), vendor.path("causeway.yaml")]) {
      assert.equal((await stat(file)).mode & 0o777, 0o600);
    }
  }
  const { routes } = await listRoutes(vendor.dir);
  assert.deepEqual(
    routes.map(({ id, sealed }) => [id, sealed]),
    [
      ["origin-1", undefined],
      ["mirror-1", undefined],
      ["deep-1", 1],
    ],
  );
  await edited(vendor, { kind: "open", what: "deep-1" });
  const list = await listIn(vendor.repository, vendor.now);
  assert.deepEqual([list.sealed, list.routes.at(-1)?.id], [undefined, "deep-1"]);
  assert.ok((await naming(carried, secret)).some((file) => file.endsWith(".meta4")));
});

test("what is sealed keeps its box until it changes, and comments stay", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, reserve);
  const before = await treeDigests(vendor.repository);
  await edited(vendor, reserve);
  await vendor.publish();
  assert.deepEqual(await treeDigests(vendor.repository), before);
  assert.match(await configOf(vendor), /# in the cellar[^]+sealed: 1/);
  const boxes = (await listIn(vendor.repository, vendor.now)).sealed;
  await edited(vendor, { ...reserve, id: "deep-2", urls: ["https://two.example/"] });
  const two = (await listIn(vendor.repository, vendor.now)).sealed;
  assert.deepEqual([two?.[0], two?.[1]?.shard], [boxes?.[0], 2]);
  await edited(vendor, { kind: "seal", id: "deep-2", shard: 1 });
  await edited(vendor, { kind: "drain", id: "deep-1" });
  assert.deepEqual(
    (await openedIn(vendor)).map(({ id, state }) => [id, state]),
    [
      ["deep-1", "draining"],
      ["deep-2", "active"],
    ],
  );
  await edited(vendor, { kind: "open", what: "1" }); // the whole shard
  assert.equal((await listIn(vendor.repository, vendor.now)).routes.length, 4);
  await edited(vendor, { kind: "seal", id: "mirror-1" });
  const sealed = (await listIn(vendor.repository, vendor.now)).sealed;
  assert.deepEqual(
    sealed?.map(({ shard }) => shard),
    [2],
  ); // 1 has a key still
});

test("a shard in which nothing is sealed any more is forgotten, and not given with tickets", async (t) => {
  const vendor = await vendorWithRoutes(t);
  const shards = async (): Promise<readonly unknown[]> => {
    const keys = decodeShardKeys(await readFile(vendor.path("keys", "shards.json")));
    return keys.shards.map(({ shard, given }) => [shard, given]);
  };
  await edited(vendor, { ...reserve, isGiven: true });
  const keys = await readFile(vendor.path("keys", "shards.json"));
  await edited(vendor, { kind: "open", what: "deep-1" });
  await vendor.publish();
  assert.deepEqual(await shards(), []);
  await edited(vendor, { ...reserve, id: "deep-2", urls: ["https://two.example/"], shard: 1 });
  assert.deepEqual(await shards(), [[1, undefined]]);
  const [old] = decodeShardKeys(keys).shards;
  const [box] = (await listIn(vendor.repository, vendor.now)).sealed ?? [];
  assert.ok(old && box);
  assert.equal(openSealedRoute(box, old), undefined, "who was given the old key cannot read it");
  await edited(vendor, { kind: "retire", id: "deep-2" });
  await vendor.publish();
  assert.deepEqual(await shards(), [[1, undefined]], "of what is retired it is still read");
});

test("a reserve that is retired stays so under its seal, also when it is taken out of the file", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, reserve);
  await edited(vendor, { kind: "retire", id: "deep-1" });
  await vendor.configure(routesYaml);
  await vendor.publish();
  assert.deepEqual(
    (await openedIn(vendor)).map(({ id, state }) => [id, state]),
    [["deep-1", "retired"]],
  );
  assert.deepEqual(await naming(vendor.repository, secret), []);
  await assert.rejects(edited(vendor, { ...reserve, id: "again" }), {
    message: /was retired with the route deep-1/,
  });
  await assert.rejects(announced(vendor, `https://${secret}.example/`), {
    message: /was retired with the route deep-1/,
  });
});

function announced(vendor: TestVendor, url: string): Promise<unknown> {
  return announce(vendor.dir, { ...vendor.common(), urls: [url] });
}

test("what cannot be sealed or opened is refused, and changes nothing", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, reserve);
  await edited(vendor, { kind: "drain", id: "mirror-1" });
  const twin = "https://a.example/reserve/"; // on the name of origin-1
  await edited(vendor, { ...reserve, id: "twin", urls: [twin] });
  const before = await treeDigests(vendor.repository);
  const text = await configOf(vendor);
  const refused: readonly (readonly [RouteEdit, RegExp])[] = [
    [{ kind: "open", what: "7" }, /no route "7"/],
    [{ kind: "seal", id: "nobody" }, /no route "nobody"/],
    [{ kind: "seal", id: "origin-1" }, /everybody would be left without a route/],
    [{ kind: "retire", id: "origin-1" }, /no active route is left/],
    [
      { kind: "retire", id: "origin-1", isForced: true },
      /https:\/\/a\.example\/reserve\/ was retired with/,
    ],
    [{ ...reserve, id: "far", shard: 1025 }, /a number from 1 to 1024/],
  ];
  for (const [edit, message] of refused) await assert.rejects(edited(vendor, edit), { message });
  assert.deepEqual(await treeDigests(vendor.repository), before);
  assert.equal(await configOf(vendor), text);
});

test("an announced shard is open to who has the list, and takes no new route", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, { ...reserve, isGiven: true });
  const say = (shards: readonly number[]): ReturnType<typeof announce> => {
    return announce(vendor.dir, { ...vendor.common(), urls: [], shards });
  };
  await assert.rejects(say([2]), { code: "USAGE_ARGUMENT", message: /sealed in shard 2/ });
  await assert.rejects(say([1, 2, 3, 4, 5]), { code: "USAGE_ARGUMENT" });
  await assert.rejects(say([]), { message: /--route URL, --shard N/ });
  await announce(vendor.dir, { ...vendor.common(), urls: reserve.urls });
  assert.match(vendor.warnings.join("\n"), /is sealed in the list, as deep-1: .*--shard 1/);
  const before = await treeDigests(vendor.repository);
  const { text, shards } = await say([1]);
  assert.deepEqual(await treeDigests(vendor.repository), before);
  assert.deepEqual(shards, [1]);
  const [key] = readAnnouncement(text).shardKeys ?? [];
  const [box] = (await listIn(vendor.repository, vendor.now)).sealed ?? [];
  assert.ok(key && box);
  assert.equal(openSealedRoute(box, key)?.id, "deep-1");
  const { givenShards, announcedShards } = await listRoutes(vendor.dir);
  assert.deepEqual([givenShards, announcedShards], [[1], [1]]);
  const late = { ...reserve, id: "deep-2", urls: ["https://two.example/"], shard: 1 };
  await assert.rejects(edited(vendor, late), { message: /hides nothing new/ });
  await edited(vendor, { kind: "drain", id: "deep-1" });
  assert.equal((await openedIn(vendor))[0]?.state, "draining");
});

test("with another key than clients may hold nothing is sealed; under a new shard it is", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, reserve);
  const keys = vendor.path("keys", "shards.json");
  const drain: RouteEdit = { kind: "drain", id: "deep-1" };
  await writeFile(keys, "{}");
  await assert.rejects(edited(vendor, drain), { code: "KEY_UNREADABLE" });
  await rm(keys);
  await assert.rejects(edited(vendor, drain), { code: "KEY_MISSING", message: /shards\.json/ });
  await assert.rejects(vendor.publish(), { code: "KEY_MISSING" });
  await edited(vendor, { kind: "seal", id: "deep-1", shard: 9 });
  assert.equal((await openedIn(vendor))[0]?.id, "deep-1");
});
