import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry, RouteId, RouteList } from "@causeway/kernel";
import { placeOf } from "../src/node/connect/place.ts";
import {
  gatherRoutes,
  listedLimits,
  reserveMost,
  turnsTaken,
} from "../src/routes/listed/gather.ts";
import { installationId } from "../src/routes/listed/installation.ts";
import { inOrder } from "../src/routes/listed/order.ts";
import { parseRoutes } from "../src/routes/parse-route.ts";
import { MemoryStore } from "./support/memory-store.ts";

const id = "00".repeat(16);

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

function listOf(...routes: readonly RouteEntry[]): RouteList {
  return { version: 1, routes };
}

function hostsOf(routes: readonly { readonly base: URL }[]): readonly string[] {
  return routes.map(({ base }) => base.host.replace(".example", ""));
}

function many(count: number): RouteList {
  return listOf(...Array.from({ length: count }, (_, at) => entry(`r${at}`)));
}

test("listed routes are preferred by priority, then the own region, and draining ones last", () => {
  const entries = [
    entry("drained", { state: "draining", region: "eu" }),
    entry("second-eu", { priority: 2, region: "eu" }),
    entry("first-us", { region: "us" }),
    entry("first-eu", { region: "eu" }),
    entry("second-us", { priority: 2, region: "us" }),
  ];
  const names = inOrder(entries, { region: "eu", id }).map((each) => each.id);
  assert.deepEqual(names, ["first-eu", "first-us", "second-eu", "second-us", "drained"]);
});

test("where no region is told, a route of none is no better than the others", () => {
  const entries = [entry("eu", { weight: 100, region: "eu" }), entry("none")];
  const firsts = Array.from(
    { length: 200 },
    (_, at) => inOrder(entries, { id: String(at) })[0]?.id,
  );
  assert.ok(firsts.filter((first) => first === "eu").length > 150);
});

test("each installation draws an order of its own, by weight, and keeps it", () => {
  const entries = [entry("heavy", { weight: 30 }), entry("light", { weight: 10 })];
  let heavyFirst = 0;
  for (let at = 0; at < 4_000; at++) {
    const chooser = { id: String(at) };
    const [first] = inOrder(entries, chooser);
    assert.equal(inOrder(entries.toReversed(), chooser)[0], first, "the list's order is nothing");
    if (first?.id === "heavy") heavyFirst++;
  }
  assert.ok(heavyFirst > 2_900 && heavyFirst < 3_100, `${heavyFirst} of 4,000, not three fourths`);
});

test("an installation has one id, also when the state is damaged or cannot be written", async () => {
  let words = 0;
  const random = { uint32: () => ++words };
  const store = new MemoryStore();
  const first = await installationId(store, random);
  assert.equal(first, "00000001000000020000000300000004");
  assert.equal(await installationId(store, random), first);
  store.files.set("installation.json", new TextEncoder().encode('{"_type":"causeway-inst'));
  const second = await installationId(store, random);
  assert.notEqual(second, first);
  assert.equal(await installationId(store, random), second);
  const full = new MemoryStore();
  full.writesLeft = 0;
  assert.match(await installationId(full, random), /^[0-9a-f]{32}$/);
});

test("given routes that the list lacks come first, and others take the list's place", () => {
  const given = parseRoutes([
    "https://b.example",
    "https://own.example/",
    "https://user:pw@c.example/",
  ]);
  const list = listOf(
    entry("a", { urls: ["https://a.example/", "http://a.example/"] }),
    entry("b", { priority: 2 }),
    entry("c", { priority: 3, state: "draining" }),
  );
  const { routes } = gatherRoutes(given, [], list, { id, turn: 0 });
  assert.deepEqual(hostsOf(routes), ["own", "a", "a", "b", "c"]);
  assert.equal(routes[3], given[0], "the very same route");
  assert.equal(routes[4]?.base.password, "pw");
  assert.deepEqual(
    routes.map(({ standing }) => [standing.spare, standing.draining, standing.given]),
    [
      [false, false, true],
      [false, false, false],
      [true, false, false],
      [false, false, true],
      [false, true, true],
    ],
  );
});

test("a listed URL may lead no nearer than one that was given by hand", () => {
  const near = listOf(
    entry("far"),
    entry("near", { urls: ["http://10.0.0.1/"] }),
    entry("here", { urls: ["http://127.0.0.1/"] }),
    entry("cloud", { urls: ["http://169.254.169.254/"] }),
    entry("file", { urls: ["file:///etc/"] }),
    entry("name", { urls: ["http://localhost/"] }),
  );
  const learned = (...texts: readonly string[]): readonly string[] => {
    const { routes } = gatherRoutes(parseRoutes(texts), [], near, { id, turn: 0, placeOf });
    return routes
      .filter(({ standing }) => !standing.given)
      .map(({ base }) => base.host)
      .toSorted();
  };
  assert.deepEqual(learned("https://own.example/", "file:///mnt/"), ["far.example"]);
  assert.deepEqual(learned("http://192.168.1.1/"), ["10.0.0.1", "far.example"]);
  const all = ["10.0.0.1", "127.0.0.1", "far.example", "localhost"];
  assert.deepEqual(learned("http://127.0.0.2/"), all);
  const { routes } = gatherRoutes(parseRoutes(["http://10.0.0.9/"]), [], near, {
    id,
    turn: 0,
    placeOf,
  });
  assert.equal(routes.at(-1)?.standing.reach, "private", "what its name turns out to mean, too");
});

test("few routes are asked at once, one of them in its turn, and the others when those fail", () => {
  const given = parseRoutes(["https://own.example/"]);
  const gathered = gatherRoutes(given, [], many(20), { id, turn: 0 });
  const awakeAt = (turn: number): readonly string[] => {
    const now = gatherRoutes(given, gathered.routes, many(20), { id, turn });
    reserveMost(now, 0);
    return hostsOf(now.routes.filter((route) => !route.isAsleep(0)));
  };
  const [own, first, ...others] = awakeAt(0);
  assert.equal(own, "own");
  assert.equal(others.length, 1);
  const seen = Array.from({ length: 20 }, (_, turn) => awakeAt(turn));
  assert.ok(seen.every((names) => names.length === 3 && names[1] === first));
  assert.equal(new Set(seen.flat()).size, 21, "all had a turn");
});

test("every route of a long list is among those of some run, also when all others fail", () => {
  const list = many(2_000);
  const given = parseRoutes(["https://own.example/"]);
  const met = new Set<string>();
  let runs = 0;
  for (let turn = 4_294_967_295; met.size < 2_000; runs++) {
    const gathered = gatherRoutes(given, [], list, { id, turn });
    assert.equal(gathered.routes.length, 64);
    for (const route of gathered.routes) {
      route.standing.asked = true;
      if (!route.standing.given) met.add(route.id);
    }
    turn = (turn + turnsTaken(gathered)) >>> 0;
    if (runs > 100) break;
  }
  assert.ok(runs < 50, `${met.size} after ${runs} runs`);
  assert.ok(listedLimits.preferredMax > listedLimits.atOnce);
});

test("a route that failed in the last runs gives its place among the first to the next one", () => {
  const list = listOf(entry("a"), entry("b", { priority: 2 }), entry("c", { priority: 3 }));
  const given = parseRoutes(["https://own.example/"]);
  const gathered = gatherRoutes(given, [], list, { id, turn: 0 });
  const known = { failures: 3, sleepUntil: 100, restUntil: 0 };
  gathered.routes[1]?.recall({
    ...known,
    bytesPerSecond: undefined,
    latencyMs: undefined,
    ticket: undefined,
  });
  reserveMost(gathered, 0);
  const awake = gathered.routes.filter((route) => !route.isAsleep(0));
  assert.deepEqual(hostsOf(awake), ["own", "b", "c"]);
});

test("a retired route takes the place of nobody", () => {
  const list = listOf(entry("a"), entry("b", { priority: 2 }), entry("c", { priority: 3 }));
  const gathered = gatherRoutes(parseRoutes(["https://own.example/"]), [], list, { id, turn: 0 });
  gathered.routes[0]?.standing.retire("https://own.example/");
  reserveMost(gathered, 0);
  const awake = gathered.routes.filter((route) => route.trustworthy && !route.isAsleep(0));
  assert.deepEqual(hostsOf(awake), ["a", "b", "c"]);
});

test("announced routes come after those given by hand, and before the list's", () => {
  const given = parseRoutes(["https://own.example/", "https://both.example/"]);
  const list = listOf(entry("a"), entry("b", { state: "draining" }), entry("gone"));
  const announced = ["b", "both", "new", "gone"].map((name) => `https://${name}.example/`);
  const near = ["http://10.0.0.1/", "http://127.0.0.1/", "http://169.254.169.254/"];
  const choice = {
    id,
    turn: 0,
    placeOf,
    announced: [...announced, ...near],
    isRetired: ({ host }: URL) => host === "gone.example",
  };
  const gathered = gatherRoutes(given, [], list, choice);
  assert.deepEqual(hostsOf(gathered.routes), ["own", "b", "both", "new", "a"]);
  assert.equal(gathered.routes[2], given[1], "the very same route");
  assert.equal(gathered.routes[1]?.standing.draining, true);
  assert.equal(gathered.routes[3]?.standing.reach, "public");
  const full = parseRoutes(Array.from({ length: 63 }, (_, at) => `https://g${at}.example/`));
  const { routes } = gatherRoutes(full, [], many(9), { id, turn: 0, announced });
  assert.equal(routes.length, 64);
  assert.equal(hostsOf(routes)[63], "b");
});
