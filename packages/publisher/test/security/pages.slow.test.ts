import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { publish, refresh } from "../../src/index.ts";
import { treeDigests } from "../support/tree-digests.ts";
import { TestVendor } from "../support/vendor.ts";

/** Digest of every generated file. */
async function pageDigests(tree: string): Promise<ReadonlyMap<string, string>> {
  const all = await treeDigests(tree);
  return new Map([...all].filter(([path]) => path.startsWith("/security/")));
}

const meta4 = "security/patches/reader/1.0/any/reader.meta4";
const torrent = "security/patches/reader/1.0/any/reader.torrent";
const withRoutes = (...urls: readonly string[]): string => {
  const routes = urls.map((url, at) => `{ id: r${at}, url: "${url}", priority: ${at + 1} }`);
  return `name: C & Sons\ncarriers: [{ id: web, kind: folder, path: ../web }]\nroutes: [${routes.join()}]\n`;
};

test("a patch's pages name its file on every active route, the best first", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure(
    `name: C & Sons\nroutes:
  - { id: far, url: "https://far.example/u/", priority: 2, region: nz-south }
  - { id: near, url: ["https://near.example/", "http://near.example/"], region: sa-east }
  - { id: gone, url: "https://gone.example/", state: retired }
  - { id: idle, url: "https://idle.example/", state: draining }
  - { id: stick, url: "file:///media/stick/", private: true }\n`,
  );
  const { sha256 } = await vendor.add({ version: "1.0" });
  await vendor.publish();
  const text = await readFile(join(vendor.repository, meta4), "utf8");
  const place = `targets/patches/reader/1.0/any/${sha256}.reader`;
  assert.deepEqual(text.match(/<url.*<\/url>/g), [
    `<url priority="1">https://near.example/${place}</url>`,
    `<url location="nz" priority="2">https://far.example/u/${place}</url>`,
  ]);
  assert.match(text, /<publisher name="C &amp; Sons"\/>/);
  const seeds = await readFile(join(vendor.repository, torrent), "latin1");
  const urls = [`https://near.example/${place}`, `https://far.example/u/${place}`];
  const list = urls.map((url) => `${url.length}:${url}`).join("");
  assert.ok(seeds.endsWith(`8:url-listl${list}ee`));
});

test("pages change with the routes alone, and a torrent stays the same torrent", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure(withRoutes("https://a.example/"));
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const infoOf = async (): Promise<string> => {
    const text = await readFile(join(vendor.repository, torrent), "latin1");
    return text.slice(text.indexOf("4:info"), text.indexOf("8:url-list"));
  };
  const [info, before] = [await infoOf(), await pageDigests(vendor.repository)];
  await vendor.publish();
  assert.deepEqual(await pageDigests(vendor.repository), before);
  await vendor.configure(withRoutes("https://b.example/"));
  await vendor.publish();
  const changed = [...(await pageDigests(vendor.repository))].flatMap(([path, digest]) => {
    return before.get(path) !== digest ? [path.slice(1)] : [];
  });
  assert.deepEqual(changed.toSorted(), [
    "security/.files.json",
    "security/index.html",
    meta4,
    torrent,
  ]);
  assert.equal(await infoOf(), info);
  await vendor.configure(withRoutes("https://a.example/"));
  await vendor.publish();
  assert.deepEqual(await pageDigests(vendor.repository), before);
});

test("a staged patch has no pages; one whose record is gone loses them, on carriers too", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure(withRoutes("https://a.example/"));
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  await vendor.add({ version: "1.1" });
  await refresh(vendor.dir, vendor.common());
  const versions = (): Promise<string[]> =>
    readdir(join(vendor.repository, "security/patches/reader"));
  assert.deepEqual(await versions(), ["1.0"]);
  await vendor.publish();
  assert.deepEqual((await versions()).toSorted(), ["1.0", "1.1"]);
  await vendor.publish();
  const web = join(vendor.parent, "web");
  assert.deepEqual(await pageDigests(web), await pageDigests(vendor.repository));
  await rm(vendor.path("releases/reader/1.0"), { recursive: true });
  await vendor.publish();
  const folder = "security/patches/reader/1.0/any";
  assert.deepEqual(await readdir(join(vendor.repository, folder)), []);
  assert.deepEqual(await pageDigests(web), await pageDigests(vendor.repository));
});

test("pages that are gone or cut off are made anew; --every-byte finds changed ones", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure(withRoutes("https://a.example/"));
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const before = await pageDigests(vendor.repository);
  const web = join(vendor.parent, "web");
  assert.deepEqual(await pageDigests(web), before);
  await truncate(join(vendor.repository, meta4), 10);
  await rm(vendor.path("pieces"), { recursive: true });
  await vendor.publish();
  assert.deepEqual(await pageDigests(vendor.repository), before);
  for (const tree of [vendor.repository, web]) {
    const path = join(tree, torrent);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, 10, 20));
  }
  await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.deepEqual(await pageDigests(vendor.repository), before);
  assert.deepEqual(await pageDigests(web), before);
});

test("a carrier gets the pages that its list lacks, and its list last", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.configure(withRoutes("https://a.example/"));
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const web = join(vendor.parent, "web");
  const old = join(vendor.parent, "old");
  await cp(web, old, { recursive: true });
  await vendor.configure(withRoutes("https://b.example/"));
  await vendor.publish();
  // As after a kill: new pages, and the list that does not say so yet.
  await cp(join(old, "security/.files.json"), join(web, "security/.files.json"));
  await cp(join(old, meta4), join(web, meta4));
  await refresh(vendor.dir, vendor.common());
  assert.deepEqual(await pageDigests(web), await pageDigests(vendor.repository));
  const written = async (path: string): Promise<number> => (await stat(join(web, path))).mtimeMs;
  assert.ok((await written("security/.files.json")) >= (await written(meta4)));
  await rm(join(web, "security"), { recursive: true });
  await refresh(vendor.dir, vendor.common());
  assert.deepEqual(await pageDigests(web), await pageDigests(vendor.repository));
});

test("a list that is damaged, or names files elsewhere, is as none", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const before = await pageDigests(vendor.repository);
  const list = join(vendor.repository, "security/.files.json");
  const good = await readFile(list, "utf8");
  const elsewhere = good.replaceAll("security/patches/", "security/../metadata/");
  for (const bad of ["", "{", "[]", '{"_type":"x"}', good.slice(0, -9), elsewhere]) {
    await writeFile(list, bad);
    await vendor.publish();
    assert.deepEqual(await pageDigests(vendor.repository), before, bad.slice(0, 40));
  }
});
