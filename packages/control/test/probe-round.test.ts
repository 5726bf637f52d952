import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Ports, RouteEntry } from "@causeway/kernel";
import { httpTransport } from "../../client/src/node/http-transport.ts";
import type { Files } from "../../client/test/support/faulty-route.ts";
import { noise, portsIn2030, startRoutes, Vendor } from "../../client/test/support/field.ts";
import { issue } from "../../client/test/support/issuer.ts";
import { startNginx } from "../../client/test/support/nginx.ts";
import { quickLimits } from "../../client/test/support/quick.ts";
import {
  conclude,
  endsSoon,
  nameResolver,
  type ProbedUrl,
  probeRound,
  type Round,
  type RoundOrder,
} from "../src/index.ts";
import { verdictOfAll } from "../src/probes/judge.ts";
import { folderFor, startKnot } from "./support/knot.ts";

const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 1));
const older = vendor.files();
vendor.release("1.1", noise(1_000_000, 3));
const newest = vendor.files();

const ports = portsIn2030();
after(() => ports.transport.close());

/** Each URL as a route of its own, in their order. */
async function round(
  urls: readonly string[],
  more: Partial<RoundOrder> = {},
  within: Ports = ports,
): Promise<Round> {
  const routes = urls.map((url, at) => ({ id: `r${at}`, urls: [url], state: "active" as const }));
  const order: RoundOrder = {
    routes,
    roots: [vendor.trust],
    bytesMax: 65_536,
    msMax: 5_000,
    signal: new AbortController().signal,
    limits: quickLimits,
    ...more,
  };
  return probeRound(order, within);
}

function onlyUrl({ routes }: Round, at = 0): ProbedUrl {
  const url = routes[at]?.urls[0];
  assert.ok(url);
  return url;
}

test("one look tells each kind of route, over the client's own requests", async () => {
  const halfUpdated: Files = {
    get: (path) => (path.endsWith("snapshot.json") ? undefined : newest.get(path)),
  };
  const cases = [
    ["honest", newest, "ok", null],
    ["dead", newest, "dead", "ROUTE_UNREACHABLE"],
    ["hangs-before-headers", newest, "dead", "ROUTE_UNREACHABLE"],
    ["hangs-in-body", newest, "slow", "ROUTE_STALLED"],
    ["busy-503", newest, "refused", "ROUTE_REFUSED"],
    ["redirects-on-and-on", newest, "dead", "ROUTE_REFUSED"],
    ["redirects-away", newest, "dead", "ROUTE_REFUSED"],
    ["redirects-within", newest, "ok", null],
    ["login-page", newest, "lying", "ROUTE_MISLABELLED"],
    ["lies", newest, "lying", undefined], // of which kind the lie is, chance tells
    ["honest", older, "stale", "ROUTE_STALE"],
    ["honest", halfUpdated, "half-updated", "ROUTE_MISSING"],
    ["honest", new Map<string, Uint8Array>(), "dead", "ROUTE_MISSING"],
  ] as const;
  await using fleet = await startRoutes(
    cases.map(([behaviour]) => behaviour),
    newest,
  );
  for (const [at, [, files]] of cases.entries()) {
    const server = fleet.servers[at];
    if (server !== undefined) server.files = files;
  }
  const seen = await round(fleet.urls);
  assert.deepEqual(
    seen.routes.map(({ verdict, urls }, at) => {
      const [behaviour, , , code] = cases[at] ?? [];
      return [behaviour, verdict, code === undefined ? undefined : urls[0]?.code];
    }),
    cases.map(([behaviour, , verdict, code]) => [behaviour, verdict, code]),
  );
  assert.equal(conclude(seen), "lying");
  const good = onlyUrl(seen);
  assert.deepEqual([good.timestamp, good.snapshot, seen.newest], [3, 3, 3]);
  assert.ok(good.bytes > 0 && (good.bytesPerSecond ?? 0) > 0);
  assert.ok(good.connectMs !== null && good.firstByteMs !== null && good.tlsMs === null);
  assert.deepEqual(onlyUrl(seen, 1).bytesPerSecond, null);
  const busy = onlyUrl(seen, 4);
  assert.deepEqual([busy.retryAfterMs, busy.why?.includes("503")], [7_000, true]);
  assert.match(onlyUrl(seen, 5).why ?? "", /redirects .* on and on/);
  assert.match(onlyUrl(seen, 10).why ?? "", /has state 2; 3 is out/);
});

test("a lie in one chunk is found by the lot that falls on it, whoever was right before", async () => {
  const lying: Files = {
    get(path) {
      const bytes = newest.get(path);
      if (bytes?.length !== 1_000_000) return bytes;
      const wrong = Uint8Array.from(bytes);
      wrong[700_000] = (wrong[700_000] ?? 0) ^ 1; // in the 11th of 16 chunks
      return wrong;
    },
  };
  await using fleet = await startRoutes(["honest"], lying);
  const at = (share: number): Ports => {
    return { ...ports, random: { uint32: () => Math.floor(share * 2 ** 32) } };
  };
  const missed = await round(fleet.urls, {}, at(0.6));
  assert.deepEqual([missed.routes[0]?.verdict, onlyUrl(missed).bytes], ["ok", 65_536]);
  const met = await round(fleet.urls, {}, at(0.66));
  assert.deepEqual([met.routes[0]?.verdict, onlyUrl(met).code], ["lying", "ROUTE_LIED"]);
});

test("what lies one redirect away, or at the second URL, is told of the right one", async () => {
  await using fleet = await startRoutes(["redirects-to", "lies", "dead"], newest);
  const [first, liar, dead] = fleet.servers;
  assert.ok(first && liar && dead);
  first.location = new URL("metadata/timestamp.json", liar.url).href;
  first.leads = (path) => (path === "metadata/timestamp.json" ? first.location : undefined);
  first.behaviour = "honest";
  const urls = [dead.url, first.url] as const;
  const both = { id: "both", urls, state: "active" as const };
  const list = [both, { id: "liar", urls: [liar.url], state: "active" as const }];
  const seen = await round([], { routes: list });
  assert.deepEqual(
    seen.routes.map(({ verdict }) => verdict),
    ["dead", "lying"],
  );
  assert.match(seen.routes[0]?.urls[1]?.why ?? "", /redirects .* which failed/);
  assert.equal(verdictOfAll([{ verdict: "dead" }, { verdict: "ok" }]), "ok");
  assert.equal(verdictOfAll([{ verdict: "ok" }, { verdict: "lying" }]), "lying");
});

test("the vendor's own copy is the measure, and a route that all agree on can be stale", async (t) => {
  const folder = folderFor(t);
  writeTree(folder, newest);
  await using fleet = await startRoutes(["honest", "honest"], older);
  const own = pathToFileURL(`${folder}/`).href;
  const seen = await round(fleet.urls, { own });
  assert.deepEqual([seen.newest, seen.ownFault], [3, null]);
  assert.deepEqual(
    seen.routes.map(({ verdict }) => verdict),
    ["stale", "stale"],
  );
  assert.equal(conclude(seen), "faulty");
  const expired = { ...ports, clock: { ...ports.clock, wall: () => Date.parse("2050-01-01") } };
  const late = await round(fleet.urls, { own }, expired);
  assert.match(late.ownFault ?? "", /expired/);
  assert.deepEqual([onlyUrl(late).verdict, onlyUrl(late).code], ["stale", "TRUST_EXPIRED"]);
});

test("who is behind for the moment of a publish is asked once more, and is not stale", async () => {
  let asked = 0;
  const publishing: Files = {
    get: (file) => {
      const isFirst = file === "metadata/timestamp.json" && ++asked === 1;
      return isFirst ? older.get(file) : newest.get(file);
    },
  };
  await using fleet = await startRoutes(["honest", "honest"], newest);
  const [, second] = fleet.servers;
  assert.ok(second);
  second.files = publishing;
  const seen = await round(fleet.urls);
  assert.deepEqual([seen.routes[1]?.verdict, onlyUrl(seen, 1).timestamp, asked], ["ok", 3, 2]);
});

test("who stands before a change of keys is stale, and no liar", async () => {
  const rotated = new Vendor();
  rotated.release("1.0", noise(1_000, 1));
  const before = rotated.files();
  rotated.repository.rotateKeys("timestamp");
  rotated.repository.publish("root");
  rotated.publish();
  await using fleet = await startRoutes(["honest", "honest"], before);
  const [, second] = fleet.servers;
  assert.ok(second);
  second.files = rotated.files();
  const roots = [1, 2].map((version) => rotated.files().get(`metadata/${version}.root.json`));
  const [first, next] = roots;
  assert.ok(first && next);
  const seen = await round(fleet.urls, { roots: [first, next] });
  assert.deepEqual(
    seen.routes.map(({ verdict }) => verdict),
    ["stale", "ok"],
  );
});

test("a route is left alone for as long as it asked, and never led where it may not", async () => {
  await using fleet = await startRoutes(["honest", "honest"], newest);
  const [resting, near] = fleet.servers;
  assert.ok(resting && near);
  const until = new Map([[resting.url, ports.clock.wall() + 9_000]]);
  const routes = [
    { id: "resting", urls: [resting.url], state: "active" as const },
    { id: "near", urls: [near.url], state: "active" as const, reach: "public" as const },
  ];
  const seen = await round([], { routes, resting: until });
  assert.deepEqual(
    seen.routes.map(({ verdict }) => verdict),
    ["refused", "dead"],
  );
  assert.match(onlyUrl(seen, 1).why ?? "", /leads into this network/);
  assert.deepEqual([resting.requests, near.connections], [[], 0]);
});

test("nginx over TLS is timed step by step, and its certificate's end is told", async () => {
  const authority = await issue({ name: "authority", isAuthority: true, years: [2020, 2040] });
  const certificate = await issue({ name: "localhost", years: [2020, 2031], by: authority });
  await using nginx = await startNginx(certificate, newest);
  const transport = httpTransport({ ca: [authority.cert] });
  const seen = await round([nginx.url], {}, { ...ports, transport });
  transport.close();
  const url = onlyUrl(seen);
  assert.equal(url.verdict, "ok");
  assert.ok(url.nameMs !== null && url.tlsMs !== null);
  assert.equal(url.certificateUntil, Date.parse("2031-01-01"));
  assert.equal(endsSoon(url, Date.parse("2030-12-17T12:00:00Z")), false);
  assert.equal(endsSoon(url, Date.parse("2030-12-20")), true);
});

test("a retired name that still leads somewhere is told of, and asked nothing", async (t) => {
  const knot = await startKnot(t);
  const entry = (id: string, state: RouteEntry["state"], host: string): RouteEntry => {
    const urls: RouteEntry["urls"] = [`http://${host}/`];
    return { id: id as RouteEntry["id"], urls, kind: "origin", priority: 1, weight: 1, state };
  };
  const list = [
    entry("old", "retired", "update.example.com"),
    entry("gone", "retired", "gone.example.com"),
    entry("hidden", "retired", "y.wild.example.com"),
    entry("shared", "retired", "www.example.com:81"),
    entry("live", "active", "www.example.com"),
    entry("numbered", "retired", "192.0.2.1"),
  ];
  const seen = await round([], { list, resolve: nameResolver(knot) });
  assert.deepEqual(
    seen.retired.map(({ id, addresses, why }) => [id, addresses.toSorted(), why]),
    [
      ["old", ["192.0.2.1", "192.0.2.2", "2001:db8::1"], null],
      ["gone", [], null],
      ["hidden", ["192.0.2.66"], null],
    ],
  );
  assert.equal(conclude(seen), "faulty");
});

function writeTree(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}
