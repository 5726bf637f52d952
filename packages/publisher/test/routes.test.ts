import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { editRoutes, listRoutes, type RouteEdit, refresh } from "../src/index.ts";
import {
  configOf,
  edited,
  listIn,
  routesYaml,
  statesIn,
  vendorWithRoutes,
} from "./support/routes.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { TestVendor } from "./support/vendor.ts";
import { WalkingClient } from "./support/walking-client.ts";

test("the keys of routes, snapshot and timestamp are enough, and nothing that waits becomes public", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  await vendor.add({ version: "1.1" });
  for (const name of await readdir(vendor.path("keys"))) {
    if (!/^(?:routes|snapshot|timestamp)-/.test(name)) await rm(vendor.path("keys", name));
  }
  const link = vendor.path("repository/security/patches/reader/1.0/any/reader.meta4");
  assert.match(await readFile(link, "utf8"), /https:\/\/m\.example\//);
  const result = await edited(vendor, { kind: "drain", id: "mirror-1" });
  assert.equal(result.patches, 1);
  assert.doesNotMatch(await readFile(link, "utf8"), /https:\/\/m\.example\//);
  const { repository, now } = vendor;
  const client = await WalkingClient.pinned(repository, now);
  await client.refresh(repository, now);
  assert.ok(await client.find(repository, "patches/reader/1.0/any/reader", now));
  assert.equal(await client.find(repository, "patches/reader/1.1/any/reader", now), undefined);
  assert.equal((await vendor.add({ version: "1.2" })).version, "1.2");
});

test("a causeway.yaml that is a link stays one, and what it leads to is changed", async (t) => {
  const vendor = await vendorWithRoutes(t);
  const kept = join(vendor.parent, "checkout");
  await mkdir(kept);
  const file = join(kept, "contoso.yaml");
  await rename(vendor.path("causeway.yaml"), file);
  await symlink("../checkout/contoso.yaml", vendor.path("causeway.yaml"));
  await edited(vendor, { kind: "drain", id: "mirror-1" });
  assert.ok((await lstat(vendor.path("causeway.yaml"))).isSymbolicLink());
  assert.match(await readFile(file, "utf8"), /id: mirror-1, .*state: draining/);
  assert.deepEqual(await readdir(kept), ["contoso.yaml"]);

  // Over a link to the whole folder as well.
  const other = join(vendor.parent, "other");
  await symlink(vendor.dir, other);
  await editRoutes(other, { kind: "restore", id: "mirror-1" }, vendor.common());
  assert.doesNotMatch(await readFile(file, "utf8"), /draining/);
});

test("carriers get the list although the pages of patches cannot be made, which is told", async (t) => {
  const vendor = await vendorWithRoutes(t, "carriers: [{ id: web, kind: folder, path: ../web }]\n");
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const security = vendor.path("repository/security");
  await rename(security, `${security}.away`);
  await writeFile(security, "in the way");
  const { routes } = await edited(vendor, { kind: "drain", id: "mirror-1" });
  assert.deepEqual(
    routes.map(({ id, ok }) => [id, ok]),
    [
      ["repository", false],
      ["web", true],
    ],
  );
  assert.match(routes[0]?.error?.message ?? "", /security/);
  const web = join(vendor.parent, "web");
  assert.equal((await statesIn(web, vendor.now))["mirror-1"], "draining");
  const page = join(web, "security/patches/reader/1.0/any/reader.meta4");
  assert.match(await readFile(page, "utf8"), /https:\/\/m\.example\//);
  await rm(security);
  await rename(`${security}.away`, security);
  const { routes: mended } = await refresh(vendor.dir, vendor.common());
  assert.ok(mended.every(({ ok }) => ok));
  assert.doesNotMatch(await readFile(page, "utf8"), /https:\/\/m\.example\//);
});

test("what is so already changes nothing; what is said anew changes, and what is not stays", async (t) => {
  const vendor = await vendorWithRoutes(t);
  const same: RouteEdit = {
    kind: "add",
    id: "mirror-1",
    urls: ["https://m.example", "https://m2.example/"],
  };
  const before = await treeDigests(vendor.repository);
  assert.deepEqual((await edited(vendor, same)).changes, []);
  assert.deepEqual(await treeDigests(vendor.repository), before);
  assert.equal(await configOf(vendor), routesYaml);
  const moved = await edited(vendor, {
    kind: "add",
    id: "mirror-1",
    urls: ["https://m3.example/"],
  });
  const [change] = moved.changes;
  assert.deepEqual(change?.before?.urls, ["https://m.example/", "https://m2.example/"]);
  assert.deepEqual([change?.after?.urls, change?.after?.weight], [["https://m3.example/"], 50]);
});

test("an edit that is refused leaves the configuration and the repository as they were", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, { kind: "add", id: "old", urls: ["https://old.example/"] });
  await edited(vendor, { kind: "retire", id: "old" });
  const text = await configOf(vendor);
  const before = await treeDigests(vendor.repository);
  const add = (id: string, ...urls: readonly string[]): RouteEdit => ({ kind: "add", id, urls });
  const refused: readonly (readonly [RouteEdit, RegExp])[] = [
    [{ kind: "drain", id: "origin-9" }, /no route "origin-9"; it has: origin-1, mirror-1/],
    [{ kind: "restore", id: "old" }, /retired for good/],
    [{ kind: "drain", id: "old" }, /retired for good/],
    [add("old", "https://new.example/"), /retired for good/],
    [add("new", "https://old.example/"), /was retired with the route old/],
    [add("new", "https://old.example:8443/other/"), /was retired with the route old/],
    [add("New", "https://new.example/"), /no id of a route/],
    [add("new", "https://user:word@new.example/"), /without credentials/],
    [add("new", "ftp://new.example/"), /http, https or file/],
    [add("new", ...Array.from("abcde", (name) => `https://${name}.example/`)), /routes\.3\.url/],
    [
      { ...add("new", "https://new.example/"), details: { region: "EU" } } as RouteEdit,
      /no region/,
    ],
  ];
  for (const [edit, message] of refused) {
    await assert.rejects(edited(vendor, edit), { message }, JSON.stringify(edit));
  }
  assert.equal(await configOf(vendor), text);
  assert.deepEqual(await treeDigests(vendor.repository), before);
});

test("the last active route is retired only by force", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, { kind: "drain", id: "mirror-1" });
  const stick = { id: "stick", urls: ["file:///media/stick/"], isPrivate: true } as const;
  await edited(vendor, { kind: "add", ...stick }); // no client asks it
  const retire: RouteEdit = { kind: "retire", id: "origin-1" };
  await assert.rejects(edited(vendor, retire), { code: "USAGE_ARGUMENT", message: /say --force/ });
  await edited(vendor, { ...retire, isForced: true });
  assert.deepEqual((await edited(vendor, retire)).changes, []);
});

test("what was retired stays in the list for good, whatever causeway.yaml says later", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, { kind: "retire", id: "origin-1" });
  const text = await configOf(vendor);
  await vendor.configure("name: C\nroutes: [{ id: mirror-1, url: https://m.example/ }]\n");
  await vendor.publish();
  const { routes } = await listIn(vendor.repository, vendor.now);
  assert.deepEqual(
    routes.map(({ id, state, urls }) => [id, state, urls.length]),
    [
      ["mirror-1", "active", 1],
      ["origin-1", "retired", 1],
    ],
  );
  await vendor.configure(text.replace("state: retired", "state: active"));
  const line = text.split("\n").findIndex((each) => each.includes("id: origin-1")) + 1;
  const message = new RegExp(`causeway.yaml:${line}:\\d+: the route origin-1 is retired for good`);
  await assert.rejects(vendor.publish(), { code: "CONFIG_MALFORMED", message });
  await assert.rejects(listRoutes(vendor.dir), { code: "CONFIG_MALFORMED", message });
  const named = "name: C\nroutes:\n  - id: x\n    url: https://a.example/elsewhere/\n";
  await vendor.configure(named);
  await assert.rejects(vendor.publish(), {
    code: "CONFIG_MALFORMED",
    message: /yaml:4:10: .*origin-1/,
  });
});

test("a name that lives on in another route is not gone with the one that was retired", async (t) => {
  const vendor = await TestVendor.make(t);
  const route = (id: string, rest: string): string => `  - { id: ${id}, url: ${rest} }\n`;
  const two = `${route("a", "https://x.example/a/")}${route("b", "https://x.example/b/")}`;
  await vendor.configure(`name: C\nroutes:\n${two}`);
  await vendor.publish();
  await edited(vendor, { kind: "retire", id: "a" });
  await edited(vendor, { kind: "add", id: "c", urls: ["https://x.example/c/"] });
  const again: RouteEdit = { kind: "add", id: "d", urls: ["https://x.example/a/"] };
  await assert.rejects(edited(vendor, again), { message: /retired with the route a/ });
});

test("what was edited and not signed is told, and the same command or a publish signs it", async (t) => {
  for (const finish of ["command", "publish"] as const) {
    const vendor = await vendorWithRoutes(t);
    assert.deepEqual((await listRoutes(vendor.dir)).unpublished, []);
    await vendor.configure(routesYaml.replace("weight: 50", "weight: 50, state: draining"));
    const { unpublished, version } = await listRoutes(vendor.dir);
    const told = unpublished.map(({ id, before, after }) => [id, before?.state, after?.state]);
    assert.deepEqual(told, [["mirror-1", "active", "draining"]]);
    if (finish === "publish") await vendor.publish();
    else await edited(vendor, { kind: "drain", id: "mirror-1" });
    const listed = await listRoutes(vendor.dir);
    assert.deepEqual([listed.unpublished, listed.version > version], [[], true]);
    assert.equal((await statesIn(vendor.repository, vendor.now))["mirror-1"], "draining");
  }
});

test("a key that is missing, or a folder in use, leaves everything as it was", async (t) => {
  const vendor = await vendorWithRoutes(t);
  const edit: RouteEdit = { kind: "drain", id: "mirror-1" };
  const key =
    (await readdir(vendor.path("keys"))).find((name) => name.startsWith("snapshot-")) ?? "";
  const bytes = await readFile(vendor.path("keys", key));
  await rm(vendor.path("keys", key));
  const before = await treeDigests(vendor.repository);
  await assert.rejects(edited(vendor, edit), { code: "KEY_MISSING" });
  assert.equal(await configOf(vendor), routesYaml);
  await writeFile(vendor.path("keys", key), bytes, { mode: 0o600 });
  const both = await Promise.allSettled([edited(vendor, edit), edited(vendor, edit)]);
  const refused = both.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
  assert.equal(refused.length, 1);
  assert.match(refused[0]?.message ?? "", new RegExp(`process ${process.pid} is working on this`));
  assert.notDeepEqual(await treeDigests(vendor.repository), before);
});
