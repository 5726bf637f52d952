import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import { HostError, type RouteEntry, type RouteId, type RouteList } from "@causeway/kernel";
import type { Got } from "../src/client.ts";
import { folderStore } from "../src/node/index.ts";
import { exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { clientOf, ports } from "./support/customer.ts";
import { type Fleet, noise, product, startRoutes, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { startSlowRoute } from "./support/slow-route.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

const wish = { platform: "any" };
const content = noise(2_000_000, 5);

function listOf(...routes: readonly (readonly [string, RouteEntry["state"]])[]): RouteList {
  return {
    version: 1,
    routes: routes.map(([url, state], at) => {
      const id = `r${at}` as RouteId;
      return { id, urls: [url], kind: "mirror", priority: 1, weight: 1, state };
    }),
  };
}

/** A vendor with two servers. */
async function twoServers(): Promise<{ vendor: Vendor; fleet: Fleet; urls: [string, string] }> {
  const vendor = new Vendor();
  vendor.release("1.0", content);
  const fleet = await startRoutes(["honest", "honest"], vendor.files());
  const [first = "", second = ""] = fleet.urls;
  return { vendor, fleet, urls: [first, second] };
}

function publish({ vendor, fleet }: { vendor: Vendor; fleet: Fleet }, list: RouteList): void {
  vendor.routes(list);
  for (const server of fleet.servers) server.files = vendor.files();
}

test("a route that the list brings joins the download, and one that it retires leaves at once", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", content);
  await using fleet = await startRoutes(["honest"], new Map());
  const files = new Map<string, Uint8Array>();
  await using slow = await startSlowRoute(files, 150_000);
  const [fast] = fleet.servers;
  assert.ok(fast);
  vendor.routes(listOf([slow.url, "retired"], [fast.url, "active"]));
  fast.files = vendor.files();
  for (const [name, bytes] of vendor.files()) files.set(name, bytes);
  const get = (): Promise<Got> => {
    const output = { store: folderStore(folder.path), name: "new" };
    return clientOf(folder.path, [slow.url], vendor.trust).get(product, { ...wish, output });
  };
  const got = await get();
  assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
  const [retired, joined] = got.routes;
  assert.deepEqual([retired?.url, retired?.state], [slow.url, "dead"]);
  assert.match(retired?.why ?? "", /was retired by the vendor, for good/);
  assert.equal(joined?.url, fast.url);
  assert.ok((joined?.bytes ?? 0) > content.length / 2, `${joined?.bytes} of ${content.length}`);
  const { sent } = slow;
  await fs.rm(path.join(folder.path, "new"));
  assert.equal((await get()).routes[0]?.bytes, 0);
  assert.equal(slow.sent, sent, "also when it is given by hand");
});

test("a retired route is not asked again, also when a later list lacks it, or has it back", async () => {
  await using folder = await tempFolder();
  const world = await twoServers();
  await using fleet = world.fleet;
  const [old, live] = world.urls;
  const { vendor } = world;
  const [server] = fleet.servers;
  const check = (): Promise<unknown> => {
    return clientOf(folder.path, [old, live], vendor.trust).check(product, wish);
  };
  publish(world, listOf([old, "retired"], [live, "active"]));
  await check();
  const asked = server?.requests.length;
  for (const list of [listOf([live, "active"]), listOf([old, "active"], [live, "active"])]) {
    publish(world, list);
    await check();
    await check();
  }
  assert.equal(server?.requests.length, asked);
  await fs.rm(path.join(folder.path, "state", "route-list.json"));
  await check();
  assert.equal(server?.requests.length, asked);
});

test("who was killed before it was recorded what the list retires records it in the next run", async () => {
  await using folder = await tempFolder();
  const world = await twoServers();
  await using fleet = world.fleet;
  const { vendor, urls } = world;
  const [gone, other] = urls;
  const check = async (): Promise<void> => {
    await clientOf(folder.path, urls, vendor.trust).check(product, wish);
  };
  const record = path.join(folder.path, "state", "retired-routes.json");
  publish(world, listOf([gone, "active"], [other, "active"]));
  await check();
  const before = await fs.readFile(record);
  publish(world, listOf([gone, "retired"], [other, "active"]));
  await check();
  await fs.writeFile(record, before); // as the kill leaves it, beside the new list
  publish(world, listOf([other, "active"]));
  await check();
  const [server] = fleet.servers;
  const asked = server?.requests.length;
  await check();
  assert.equal(server?.requests.length, asked);
});

test("who cannot keep the list that retires its only route is not left with nobody to ask", async () => {
  await using folder = await tempFolder();
  const world = await twoServers();
  await using fleet = world.fleet;
  const [old, live] = world.urls;
  publish(world, listOf([old, "retired"], [live, "active"]));
  const { trust } = world.vendor;
  const state = new MemoryStore();
  const client = clientOf(folder.path, [old], trust, ports, { state });
  const write = state.write.bind(state);
  state.write = (name, bytes) => {
    if (name === "route-list.json") return Promise.reject(new HostError("HOST_FULL", "is full"));
    return write(name, bytes);
  };
  await assert.rejects(client.check(product, wish), { code: "HOST_FULL" });
  state.write = write;
  await client.check(product, wish);
  const [server] = fleet.servers;
  const asked = server?.requests.length;
  await client.check(product, wish);
  assert.equal(server?.requests.length, asked);
});

test("new keys of the list take back what others had retired, all of it", async () => {
  await using folder = await tempFolder();
  const world = await twoServers();
  await using fleet = world.fleet;
  const { vendor } = world;
  const [given, other] = world.urls;
  const client = clientOf(folder.path, [given], vendor.trust);
  publish(world, listOf([given, "retired"]));
  await client.check(product, wish);
  const lost = { code: "USAGE_ROUTES_RETIRED", message: /--route/ };
  await assert.rejects(client.check(product, wish), lost);
  const { repository } = vendor;
  const delegations = repository.role("targets").delegations;
  assert.ok(delegations?.roles);
  delegations.roles = delegations.roles.filter(({ name }) => name !== "routes");
  repository.signers.delete("routes");
  repository.delegate("targets", "routes", { paths: ["routes.json"] });
  publish(world, listOf([other, "active"]));
  await clientOf(folder.path, [other], vendor.trust).check(product, wish);
  const { routes } = await client.check(product, wish);
  assert.equal(routes.find(({ url }) => url === given)?.state, "ok");
  assert.equal(fleet.servers.length, 2);
});

test("no redirect within a host leads to where a retired route was", async () => {
  await using fleet = await startRoutes(["honest"], new Map([["a/x", noise(9, 1)]]));
  const [server] = fleet.servers;
  assert.ok(server);
  server.leads = (name) => (name === "x" ? `${server.url}a/x` : undefined);
  const ask = async (isRetired: boolean): Promise<number> => {
    const route = parseRoute(server.url);
    route.standing.isRetired = (base) => isRetired && base.href === `${server.url}a/`;
    const { signal } = new AbortController();
    const answer = await exchange(ports, route, { path: "x", lengthMax: 9, signal });
    for await (const piece of answer.body) return piece.length;
    return 0;
  };
  assert.equal(await ask(false), 9);
  await assert.rejects(ask(true), { code: "ROUTE_REFUSED", message: /retired by the vendor/ });
  assert.deepEqual(server.requests, ["GET /x", "GET /a/x", "GET /x"]);
});
