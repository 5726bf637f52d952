import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readKnown } from "@causeway/client/internal/probe";
import { folderStore } from "@causeway/client/node";
import type { RouteEntry } from "@causeway/kernel";
import { clientOf } from "../../client/test/support/customer.ts";
import {
  noise,
  portsIn2030,
  product,
  startRoutes,
  Vendor,
} from "../../client/test/support/field.ts";
import { quickLimits } from "../../client/test/support/quick.ts";
import { knownRound, probeRound, type Round } from "../src/index.ts";
import { folderFor } from "./support/knot.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

test("a customer's machine probes what it knows, and asks nothing that is retired", async (t) => {
  const folder = folderFor(t);
  const vendor = new Vendor();
  vendor.release("1.0", noise(300_000, 1));
  await using fleet = await startRoutes(["honest", "honest", "honest", "dead"], vendor.files());
  const [given, listed, retired, dead] = fleet.servers;
  assert.ok(given && listed && retired && dead);
  const entry = (id: string, url: string, state: RouteEntry["state"]): RouteEntry => {
    const urls: RouteEntry["urls"] = [url];
    return { id: id as RouteEntry["id"], urls, kind: "origin", priority: 1, weight: 1, state };
  };
  vendor.routes({
    version: 1,
    routes: [
      entry("listed", listed.url, "active"),
      entry("dead", dead.url, "draining"),
      entry("retired", retired.url, "retired"),
    ],
  });
  for (const server of fleet.servers) server.files = vendor.files();
  const client = clientOf(folder, [given.url], vendor.trust, ports);
  const output = { store: folderStore(folder), name: "new" };
  await client.get(product, { platform: "any", output });
  const asked = retired.requests.length;

  const { signal } = new AbortController();
  const state = folderStore(`${folder}/state`);
  const known = await readKnown({ routes: [given.url, retired.url], state, ports }, signal);
  const bounds = { bytesMax: 65_536, msMax: 5_000, limits: quickLimits, signal };
  const round = await probeRound({ ...knownRound(known), ...bounds }, ports);
  assert.deepEqual(
    new Set(round.routes.map((route) => `${route.state} ${route.verdict} ${route.id}`)),
    new Set([`draining dead ${dead.url}`, `active ok ${given.url}`, `active ok ${listed.url}`]),
  );
  assert.ok(
    round.routes.every(({ verdict, urls }) => verdict === "dead" || (urls[0]?.bytes ?? 0) > 0),
  );
  assert.match(round.patch ?? "", /^patches\/reader\/1\.0\//);
  assert.deepEqual([retired.requests.length, round.retired], [asked, []]);
});

test("a route with an older state than the machine trusts is stale, though no other one is left", async (t) => {
  const folder = folderFor(t);
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  const older = vendor.files();
  vendor.release("1.1", noise(1_000, 2));
  await using fleet = await startRoutes(["honest"], vendor.files());
  const [route] = fleet.servers;
  assert.ok(route);
  const client = clientOf(folder, [route.url], vendor.trust, ports);
  const check = (): Promise<unknown> => client.check(product, { platform: "any" });
  await check();
  const { signal } = new AbortController();
  const state = folderStore(`${folder}/state`);
  const look = async (): Promise<Round> => {
    const known = await readKnown({ routes: [route.url], state, ports }, signal);
    const bounds = { bytesMax: 65_536, msMax: 5_000, limits: quickLimits, signal };
    return probeRound({ ...knownRound(known), ...bounds }, ports);
  };
  const verdicts = ({ newest, routes }: Round): unknown => {
    return [newest, routes.map(({ verdict, urls }) => [verdict, urls[0]?.why])];
  };
  assert.deepEqual(verdicts(await look()), [3, [["ok", null]]]);
  route.files = older;
  await assert.rejects(check(), { code: "ROUTE_ALL_FAILED" });
  const why = "has state 2; 3 is out";
  assert.deepEqual(verdicts(await look()), [3, [["stale", why]]]);
});
