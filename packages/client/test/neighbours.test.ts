import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import type { RouteId, RouteList } from "@causeway/kernel";
import type { Got } from "../src/client.ts";
import { neighboursMax } from "../src/limits.ts";
import { placeOf } from "../src/node/connect/place.ts";
import { folderStore } from "../src/node/index.ts";
import { hostTimes } from "../src/routes/host-times.ts";
import { RunRoutes } from "../src/routes/listed/run-routes.ts";
import { parseNeighbours, parseRoutes } from "../src/routes/parse-route.ts";
import { RouteMemory } from "../src/routes/route-memory.ts";
import { clientOf, content, vendor } from "./support/customer.ts";
import { noise, portsIn2030, product, startRoutes, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { tempFolder } from "./support/temp-folder.ts";

const dead = "http://127.0.0.1:9/"; // nobody listens there

async function getWith(
  folder: string,
  routes: readonly string[],
  neighbours: readonly string[],
  from = vendor,
): Promise<Got> {
  const output = { store: folderStore(folder), name: "new" };
  const client = clientOf(folder, routes, from.trust, undefined, { neighbours });
  return client.get(product, { platform: "linux-x64", output });
}

test("with the vendor dead, or none known, a neighbour is enough", async () => {
  for (const routes of [[dead], []]) {
    await using folder = await tempFolder();
    await using around = await startRoutes(["honest"], vendor.files());
    const got = await getWith(folder.path, routes, around.urls);
    assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
    assert.deepEqual(
      got.routes.filter(({ state }) => state === "ok").map(({ url }) => url),
      around.urls,
    );
    const kept = await fs
      .readFile(path.join(folder.path, "state", "routes.json"), "utf8")
      .catch(() => "");
    assert.equal(kept.includes(around.urls[0] ?? "?"), false, "the next run looks anew");
  }
});

test("neighbours that lie, hang or break off cost time, and nothing else", async () => {
  await using folder = await tempFolder();
  const files = vendor.files();
  await using around = await startRoutes(["lies", "hangs-in-body", "breaks-off", "honest"], files);
  const got = await getWith(folder.path, [dead], around.urls);
  assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
  assert.equal(got.routes.find(({ url }) => url === around.urls[0])?.state, "lying");
});

test("a neighbour that is behind is told of as stale, and the newest comes from elsewhere", async () => {
  const own = new Vendor();
  own.release("1.0", noise(50_000, 1));
  const before = own.files();
  own.release("1.1", noise(60_000, 2));
  await using folder = await tempFolder();
  await using around = await startRoutes(["honest"], before);
  await using far = await startRoutes(["honest"], own.files());
  const got = await getWith(folder.path, far.urls, around.urls, own);
  assert.equal(got.version, "1.1");
  const neighbour = got.routes.find(({ url }) => url === around.urls[0]);
  assert.equal(neighbour?.state, "stale");
});

test("a machine of another vendor is no neighbour, whatever it says", async () => {
  const other = new Vendor();
  other.release("9.9", noise(50_000, 1));
  await using folder = await tempFolder();
  await using around = await startRoutes(["honest"], other.files());
  await assert.rejects(getWith(folder.path, [], around.urls), { code: "ROUTE_ALL_FAILED" });
});

test("neighbours have no say in what the time is", () => {
  const routes = parseRoutes(["http://a.example/"]);
  const neighbours = parseNeighbours(["http://10.0.0.1:8000/", "http://10.0.0.2:8000/"]);
  for (const route of [...routes, ...neighbours]) route.answered(1, 5_000);
  assert.deepEqual(hostTimes([...routes, ...neighbours]), [{ aheadMs: 5_000 }]);
});

test("neighbours come last, are few, and lead the vendor's list no nearer", async () => {
  const urls = Array.from({ length: 40 }, (_, at) => `http://10.0.0.${at}:8000/`);
  const neighbours = parseNeighbours([...urls, ...urls]);
  assert.equal(neighbours.length, neighboursMax);
  const ports = { ...portsIn2030(), transport: { placeOf } };
  const store = new MemoryStore();
  const memory = await RouteMemory.open(store, ports.clock);
  const run = new RunRoutes({ given: [], neighbours, tickets: [], memory, store, ports });
  assert.equal(run.all.length, neighboursMax);
  const entry = (id: string, url: string): RouteList["routes"][number] => {
    const urlsOf = [url] as const;
    return {
      id: id as RouteId,
      urls: urlsOf,
      kind: "mirror",
      priority: 1,
      weight: 1,
      state: "active",
    };
  };
  await run.learn({
    version: 1,
    routes: [
      entry("near", "http://10.9.9.9/"),
      entry("far", "http://b.example/"),
      entry("farther", "http://c.example/"),
      entry("farthest", "http://d.example/"),
      entry("same", neighbours[0]?.base.href ?? ""),
    ],
  });
  const all = run.all.map(({ id }) => id as string);
  const listed = ["http://b.example/", "http://c.example/", "http://d.example/"];
  assert.deepEqual(all.slice(0, 3).toSorted(), listed);
  assert.deepEqual(all.slice(3), urls.slice(0, neighboursMax));
  assert.equal(
    run.all.some(({ standing }) => standing.reserve),
    false,
    "all are asked at once: neighbours take no listed route's place",
  );
});
