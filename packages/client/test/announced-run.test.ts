import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import type { RouteId } from "@causeway/kernel";
import { giveRoute, takeAnnouncement } from "../src/known/known-routes.ts";
import { folderStore } from "../src/node/index.ts";
import type { AnnouncementNews } from "../src/routes/announced/dropped.ts";
import { codeOf } from "./support/announce.ts";
import { clientOf, ports } from "./support/customer.ts";
import { type Fleet, noise, now, product, startRoutes, Vendor } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

const wish = { platform: "any" };
const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 5));

/** A state that has met one route, which is dead since, and another route that it does not know. */
async function lost(folder: string): Promise<{ readonly dead: string; readonly fleet: Fleet }> {
  const before = await startRoutes(["honest"], vendor.files());
  const [dead = ""] = before.urls;
  const id = "r0" as RouteId;
  const list = { id, urls: [dead] as const, kind: "mirror", priority: 1, weight: 1 } as const;
  vendor.routes({ version: 1, routes: [{ ...list, state: "active" }] });
  for (const server of before.servers) server.files = vendor.files();
  await clientOf(folder, [dead], vendor.trust).check(product, wish);
  await before[Symbol.asyncDispose]();
  return { dead, fleet: await startRoutes(["honest"], vendor.files()) };
}

test("a code leads back in when every other route is dead, in this run and the next", async () => {
  await using folder = await tempFolder();
  const { dead, fleet } = await lost(folder.path);
  await using routes = fleet;
  const client = clientOf(folder.path, [dead], vendor.trust);
  await assert.rejects(client.check(product, wish), { code: "ROUTE_ALL_FAILED" });
  const store = folderStore(path.join(folder.path, "state"));
  await takeAnnouncement(store, codeOf(vendor, routes.urls), now);
  for (let run = 0; run < 2; run++) {
    const found = await client.check(product, wish);
    assert.equal(found.routes.find(({ url }) => url === routes.urls[0])?.state, "ok");
  }
});

test("a code in the state folder is taken at the next run, and a bad one is told and stops nobody", async () => {
  await using folder = await tempFolder();
  const { dead, fleet } = await lost(folder.path);
  await using routes = fleet;
  const news: AnnouncementNews[] = [];
  const client = clientOf(folder.path, [dead], vendor.trust, ports, {
    onAnnouncement: (each) => news.push(each),
  });
  const file = path.join(folder.path, "state", "announcement.txt");
  await fs.writeFile(file, codeOf(vendor, routes.urls));
  await client.check(product, wish);
  await fs.writeFile(file, "call us");
  await client.check(product, wish);
  assert.deepEqual(
    news.map(({ urls, refused }) => refused?.code ?? urls),
    [routes.urls, "ANNOUNCEMENT_MISTYPED"],
  );
});

test("no announcement leads to this machine when no route that was given does", async () => {
  await using folder = await tempFolder();
  const { fleet } = await lost(folder.path);
  await using routes = fleet;
  const store = folderStore(path.join(folder.path, "state"));
  await takeAnnouncement(store, codeOf(vendor, routes.urls), now);
  const client = clientOf(folder.path, [], vendor.trust);
  await assert.rejects(client.check(product, wish), {
    code: "USAGE_ARGUMENT",
    message: /127\.0\.0\.1.* leads to this machine or its network.*name it with --route/,
  });
  assert.deepEqual(routes.servers[0]?.requests, []);
});

test("a route that was given once is used in later runs, and kept from others' eyes", async () => {
  await using folder = await tempFolder();
  const { dead, fleet } = await lost(folder.path);
  await using routes = fleet;
  const state = path.join(folder.path, "state");
  const store = folderStore(state);
  const url = routes.urls[0]?.replace("//", "//user:word@") ?? "";
  assert.deepEqual(await giveRoute(store, url, now), [url]);
  assert.deepEqual(await giveRoute(store, url, now), [url]);
  const { routes: used } = await clientOf(folder.path, [dead], vendor.trust).check(product, wish);
  assert.deepEqual(
    used.map(({ url: shown }) => shown),
    [dead, routes.urls[0]],
  );
  const file = path.join(state, "given-routes.json");
  if (process.platform !== "win32") assert.equal((await fs.stat(file)).mode & 0o077, 0);
  await assert.rejects(giveRoute(store, "ftp://a.example/", now), { code: "USAGE_ARGUMENT" });
  for (let at = 0; at < 15; at++) await giveRoute(store, `https://r${at}.example/`, now);
  const full = { code: "USAGE_ARGUMENT", message: /at most 16 .*given-routes\.json/ };
  await assert.rejects(giveRoute(store, "https://more.example/", now), full);
  await fs.writeFile(file, "{");
  assert.deepEqual(await giveRoute(store, url, now), [url], "damaged, it is as missing");
});
