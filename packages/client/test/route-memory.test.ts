import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { createClientWithin } from "../src/client.ts";
import { downloadLimits } from "../src/download-limits.ts";
import { folderStore } from "../src/node/index.ts";
import { parseRoutes } from "../src/routes/parse-route.ts";
import type { RouteUrl } from "../src/routes/route.ts";
import { memoryLimits, noteAfter, RouteMemory, recalled } from "../src/routes/route-memory.ts";
import { decodeNotes, encodeNotes, type RouteNote } from "../src/routes/route-notes.ts";
import { ports, vendor } from "./support/customer.ts";
import { type Fleet, now, product, startRoutes } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { quickExchange, quickLimits } from "./support/quick.ts";
import { tempFolder } from "./support/temp-folder.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A machine that looks for patches again and again, on a clock of its own. */
function machine(folder: string, { urls, servers }: Fleet, others = quickLimits.metadata) {
  let wall = now;
  const client = createClientWithin(
    {
      client: { ...quickLimits, metadata: { ...others, wakeMs: 300 } },
      download: {
        ...downloadLimits,
        exchange: quickExchange,
        index: { ...downloadLimits.index, exchange: quickExchange },
      },
    },
    {
      trust: vendor.trust,
      routes: urls,
      state: folderStore(path.join(folder, "state")),
      ports: { ...ports, clock: { ...ports.clock, wall: () => wall } },
    },
  );
  return {
    pass: (ms: number): void => {
      wall += ms;
    },
    /** @returns how often each route was asked, or connected to */
    check: async (): Promise<readonly number[]> => {
      for (const server of servers) server.wall = () => wall;
      const counts = () => servers.map((each) => [each.connections, each.requests.length] as const);
      const before = counts();
      await client.check(product, { platform: "any" }).catch((error: unknown) => {
        assert.ok(error instanceof Error && "code" in error);
        assert.equal(error.code, "ROUTE_ALL_FAILED");
      });
      return counts().map(([connections, requests], at) => {
        const [oldConnections, oldRequests] = before[at] ?? [0, 0];
        return Math.max(connections - oldConnections, requests - oldRequests);
      });
    },
  };
}

test("a dead route is probed ever more rarely, and is back at once when it answers", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["resets", "honest"], vendor.files());
  const { pass, check } = machine(temp.path, fleet);
  const probed: number[] = [];
  for (let run = 0; run < 60; run++) {
    const [dead = 0] = await check();
    if (dead > 0) probed.push(run);
    pass(2 * minute);
  }
  assert.equal(probed[0], 0);
  assert.ok(probed.length >= 4 && probed.length <= 12, String(probed));
  const gaps = probed.slice(1).map((run, at) => run - (probed[at] ?? 0));
  assert.ok(Math.max(...gaps.slice(-2)) > 4 * Math.max(...gaps.slice(0, 2)), String(probed));
  const [first, second] = fleet.servers;
  assert.ok(first !== undefined && second !== undefined);
  first.behaviour = "honest";
  pass(10 * hour);
  await check();
  pass(minute);
  const [again = 0] = await check();
  assert.ok(again > 0);
});

test("a route that says nothing is as good as dead, and not waited for in each run", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["hangs-before-headers", "honest"], vendor.files());
  // It is given up before its own deadline is over.
  const { check } = machine(temp.path, fleet, { ...quickLimits.metadata, secondOpinionMs: 100 });
  assert.deepEqual((await check())[0], 1);
  assert.deepEqual((await check())[0], 0);
});

test("when no other route delivers, a dead one is asked whatever was remembered", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["resets", "honest"], vendor.files());
  const [first, second] = fleet.servers;
  assert.ok(first !== undefined && second !== undefined);
  const { check } = machine(temp.path, fleet);
  await check();
  assert.deepEqual((await check())[0], 0);
  first.behaviour = "honest";
  for (const behaviour of ["resets", "hangs-before-headers", "busy-503"] as const) {
    second.behaviour = behaviour;
    const [asked = 0] = await check();
    assert.ok(asked > 0, behaviour);
  }
});

test("when all routes were dead, none is said to have failed: it may be our own network", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["resets", "resets"], vendor.files());
  const { check } = machine(temp.path, fleet);
  for (let run = 0; run < 4; run++) assert.ok((await check()).every((count) => count > 0));
});

test("Retry-After is obeyed by the next runs, up to a day beside a route that delivers", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["busy-503", "honest"], vendor.files());
  const [first] = fleet.servers;
  assert.ok(first !== undefined);
  first.headers = { "retry-after": "9999999" };
  const { pass, check } = machine(temp.path, fleet);
  assert.deepEqual((await check())[0], 1);
  for (let hours = 0; hours < 23; hours++) {
    assert.deepEqual((await check())[0], 0, `after ${hours} hours`);
    pass(hour);
  }
  pass(2 * hour);
  assert.deepEqual((await check())[0], 1);
});

test("the last route is asked again after an hour, however long it asked to be left alone", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["busy-503"], vendor.files());
  const [first] = fleet.servers;
  assert.ok(first !== undefined);
  first.headers = { "retry-after": "86400" };
  const { pass, check } = machine(temp.path, fleet);
  const counts: number[] = [];
  for (let run = 0; run < 9; run++) {
    counts.push(...(await check()));
    pass(25 * minute);
  }
  assert.deepEqual(counts, [1, 0, 0, 1, 0, 0, 1, 0, 0]);
});

const url = fc.webUrl().map((text) => text as RouteUrl);
const instant = fc.integer({ min: 0, max: now });
const note: fc.Arbitrary<RouteNote> = fc.record(
  {
    triedAt: instant,
    failures: fc.nat(1_000),
    sleepUntil: fc.nat(),
    rest: fc.record({ askedAt: instant, until: fc.nat() }, { noNullPrototype: true }),
    bytesPerSecond: fc.nat(),
    latencyMs: fc.nat(86_400_000),
    ticket: fc.record(
      { text: fc.stringMatching(/^[\w-]{1,300}\.[\w-]{1,300}\.[\w-]{43}$/), until: fc.nat() },
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: ["triedAt", "failures"], noNullPrototype: true },
);

const turns = fc.option(fc.nat(2 ** 32 - 1), { nil: undefined });

test("notes are read as they were written, the newest of too many", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(url, note), { maxLength: 20 }), turns, (pairs, turn) => {
      const record = { notes: new Map(pairs), turn };
      assert.deepEqual(decodeNotes(encodeNotes(record), now, 0), record);
    }),
  );
  const many = Array.from({ length: 500 }, (_, at): [RouteUrl, RouteNote] => {
    return [`http://${at}.example/` as RouteUrl, { triedAt: at, failures: 0 }];
  });
  const written = encodeNotes({ notes: new Map(many), turn: undefined });
  const read = decodeNotes(written, now, 0).notes;
  assert.equal(read.size, 128);
  assert.ok(read.has("http://499.example/" as RouteUrl));
});

test("damaged notes are forgotten, and so are those from the future", () => {
  const notes = new Map([["http://a/" as RouteUrl, { triedAt: now, failures: 3 }]]);
  const bytes = encodeNotes({ notes, turn: 7 });
  assert.equal(decodeNotes(bytes, now - minute, 10 * minute).notes.size, 1);
  assert.equal(decodeNotes(bytes, now - hour, 10 * minute).notes.size, 0);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      assert.ok(decodeNotes(damaged, now, 0).notes.size <= 1);
      assert.equal(decodeNotes(bytes.subarray(0, at), now, 0).notes.size, 0);
    }),
  );
});

test("no note keeps a route from being asked for longer than its bounds", () => {
  const steady = 5_000;
  fc.assert(
    fc.property(note, (any) => {
      const known = recalled(any, now, steady);
      assert.ok(known.restUntil - steady <= memoryLimits.strictRestMs);
      assert.ok(known.sleepUntil - steady <= memoryLimits.restMsMax);
    }),
  );
});

test("a clock that was set back makes no rest longer than was asked for", () => {
  const asked: RouteNote = {
    triedAt: now,
    failures: 0,
    rest: { askedAt: now, until: now + 2_000 },
  };
  assert.equal(recalled(asked, now - 5 * minute, 0).restUntil, 2_000);
  assert.equal(recalled(asked, now + 500, 0).restUntil, 1_500);
});

test("a rest that was asked for outlives failures, as those of entrances, until the route is of use", () => {
  const rest = { askedAt: now, until: now + 10 * hour };
  const before: RouteNote = { triedAt: now, failures: 0, rest };
  const failed = noteAfter(before, { use: "useless" }, now + hour, 0.5);
  assert.deepEqual([failed?.failures, failed?.rest], [1, rest]);
  const later = { askedAt: now + hour, until: now + 3 * hour + 1 };
  const told = noteAfter(failed, { use: "useless", restUntil: now + 3 * hour }, now + hour, 0.5);
  assert.deepEqual(told?.rest, later);
  assert.equal(noteAfter(failed, { use: "useful" }, now + hour, 0.5)?.rest, undefined);
});

test("after a failure a route sleeps for a minute, then twice as long, within a spread", () => {
  let kept: RouteNote | undefined;
  for (let failures = 1; failures <= 20; failures++) {
    kept = noteAfter(kept, { use: "useless" }, now, 0.5);
    const ms = Math.min(2 ** (failures - 1) * minute, memoryLimits.sleepMsMax);
    assert.deepEqual(kept, { triedAt: now, failures, sleepUntil: now + ms });
  }
  assert.equal(noteAfter(kept, { use: "useful" }, now, 0.5)?.failures, 0);
  assert.equal(noteAfter(kept, { use: "untried" }, now, 0.5), kept);
});

test("a disk that refuses keeps nobody from a patch, and nothing is written for nothing", async () => {
  const store = new MemoryStore();
  const { clock, random } = ports;
  const routes = parseRoutes(["http://a.example/"]);
  const memory = await RouteMemory.open(store, clock);
  await memory.save(routes, random);
  assert.deepEqual(store.written, []);
  for (const route of routes) route.kept(1);
  store.writesLeft = 0;
  await memory.save(routes, random);
});
