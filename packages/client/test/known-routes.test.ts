import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry, RouteId } from "@causeway/kernel";
import {
  giveRoute,
  type KnownRoute,
  knownRoutes,
  takeAnnouncement,
} from "../src/known/known-routes.ts";
import { placeOf } from "../src/node/connect/place.ts";
import { codeOf } from "./support/announce.ts";
import { clientOf, ports } from "./support/customer.ts";
import { noise, now, product, startRoutes, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { tempFolder } from "./support/temp-folder.ts";

const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 5));

function entry(name: string, more: Partial<RouteEntry> = {}): RouteEntry {
  const urls = [`https://${name}.example/`] as const;
  return {
    id: name as RouteId,
    urls,
    kind: "mirror",
    priority: 1,
    weight: 1,
    state: "active",
    ...more,
  };
}

test("a state tells of given, announced, listed and retired routes, and what was found", async (t) => {
  t.after(() => ports.transport.close());
  await using folder = await tempFolder();
  const store = new MemoryStore();
  await using fleet = await startRoutes(["honest"], new Map());
  const [met = ""] = fleet.urls;
  const routes = [
    entry("live"),
    entry("gone", { state: "retired" }),
    entry("near", { urls: ["http://10.0.0.1/"] }),
  ];
  vendor.routes({ version: 7, routes });
  for (const server of fleet.servers) server.files = vendor.files();
  const client = clientOf(folder.path, [met], vendor.trust, ports, { state: store });
  await client.check(product, { platform: "any" });
  await giveRoute(store, "https://user:word@own.example", now);
  const code = codeOf(vendor, [
    "https://new.example/",
    "https://live.example/",
    "https://gone.example/",
  ]);
  await takeAnnouncement(store, code, now);
  const known = await knownRoutes(store, now, placeOf);
  assert.deepEqual([known.list, known.retired], [7, { urls: 1, hosts: 1 }]);
  const told = (route: KnownRoute): readonly unknown[] => {
    const { url, given, announced, listed, unused, found } = route;
    return [url, given, announced, listed?.id ?? null, unused, found === null];
  };
  const until = "2030-01-01T01:00:00Z";
  assert.deepEqual(known.routes.map(told), [
    ["https://own.example/", true, null, null, null, true],
    ["https://new.example/", false, until, null, null, true],
    ["https://live.example/", false, until, "live", null, true],
    ["https://gone.example/", false, until, "gone", "retired", true],
    ["http://10.0.0.1/", false, null, "near", "near", true],
    [met, false, null, null, null, false],
  ]);
  const found = known.routes.at(-1)?.found;
  assert.equal(found?.triedAt, "2030-01-01T00:00:00Z");
  assert.deepEqual([found.failures, found.restsUntil], [0, null]);
  assert.equal(JSON.stringify(known).includes("word"), false);
});

test("a state that nobody has told anything knows no route, and one without a root says so", async () => {
  const store = new MemoryStore([["pinned-root.json", vendor.trust]]);
  const nothing = { routes: [], list: null, retired: { urls: 0, hosts: 0 } };
  assert.deepEqual(await knownRoutes(store, now, placeOf), nothing);
  const missing = knownRoutes(new MemoryStore(), now, placeOf);
  await assert.rejects(missing, { code: "USAGE_TRUST_MISSING" });
});
