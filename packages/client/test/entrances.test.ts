import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import { RouteError, type Transport } from "@causeway/kernel";
import fc from "fast-check";
import { folderStore } from "../src/node/index.ts";
import { entranceLimits } from "../src/routes/entrances.ts";
import { type ExchangePorts, exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { RouteMemory, recalled } from "../src/routes/route-memory.ts";
import { entrancesIn } from "../src/routes/ticket.ts";
import {
  ask,
  counts,
  failureOf,
  file,
  files,
  hedging,
  patient,
  portOf,
  ports,
  routeWith,
  ticketOf,
  today,
} from "./support/entrances.ts";
import { type Behaviour, startRoute } from "./support/faulty-route.ts";
import { tempFolder } from "./support/temp-folder.ts";
import { ticketUntil } from "./support/tickets.ts";

async function askPatiently(route: Route, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await ask(route, file, patient);
}

test("in calm times nobody comes to an entrance", async () => {
  await using server = await startRoute("honest", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  await askPatiently(route, 5);
  await failureOf(route, "metadata/2.root.json", patient);
  assert.deepEqual(counts(server, entrance), [6, 0]);
});

for (const behaviour of [
  "hangs-before-headers",
  "busy-503",
  "resets",
  "dead",
  "refuses-403",
] as const) {
  test(`where the public address ${behaviour}, an entrance is asked, and first from then on`, async () => {
    await using server = await startRoute(behaviour, files);
    await using entrance = await startRoute("honest", files);
    const route = routeWith(server, entrance);
    await ask(route);
    const before = server.requests.length;
    await askPatiently(route, 5);
    assert.deepEqual(counts(server, entrance), [before, 6]);
    assert.equal(route.state, "ok");
    const shown = `Bearer ${route.ticket?.text}`;
    assert.deepEqual(new Set(entrance.authorizations), new Set([shown]));
  });
}

test("an entrance that says nothing, always a little before the public address answers, is left alone", async () => {
  await using server = await startRoute("honest", files);
  await using entrance = await startRoute("hangs-before-headers", files);
  const route = routeWith(server, entrance);
  const { transport } = ports;
  const asked = { entrance: 0 };
  const far: ExchangePorts = {
    ...hedging,
    transport: {
      ...transport,
      async open(request) {
        if (Number(request.url.port) === portOf(entrance)) asked.entrance++;
        else await setTimeout(5);
        return transport.open(request);
      },
    },
  };
  for (let time = 0; time < 2 * entranceLimits.beatenMax; time++) {
    for (let more = 0; more < 10; more++) route.entrances.answered("public", true, 0); // or hedges end
    await ask(route, file, far);
  }
  assert.equal(asked.entrance, entranceLimits.beatenMax);
});

test("a public address that asked for rest is left alone, also when its entrances fail", async () => {
  await using server = await startRoute("busy-503", files);
  await using first = await startRoute("honest", files);
  await using second = await startRoute("refuses-403", files);
  const route = routeWith(server, first, second);
  await askPatiently(route, 1);
  first.behaviour = "refuses-403";
  for (const entrance of [first, second]) {
    const { code, message } = await failureOf(route, file, patient);
    assert.equal(code, "ROUTE_UNREACHABLE");
    assert.doesNotMatch(message, new RegExp(String(portOf(entrance))));
  }
  assert.ok(route.restUntil > ports.clock.steady(), "now the whole route rests");
  assert.equal((await failureOf(route, file, patient)).code, "ROUTE_REFUSED");
  assert.deepEqual(counts(server, first, second), [1, 2, 1]);
});

test("a route that refuses while its entrance says nothing is not taken for a silent one", async () => {
  await using server = await startRoute("busy-503", files);
  await using entrance = await startRoute("hangs-before-headers", files);
  const route = routeWith(server, entrance);
  const abort = new AbortController();
  entrance.onConnection = () => abort.abort(new Error("others were through"));
  const request = { path: file, lengthMax: 1_000, signal: abort.signal };
  await assert.rejects(exchange(patient, route, request));
  route.strike(new RouteError("ROUTE_STALLED", route.id, "takes too long"));
  assert.equal(route.failed, false, "the next run is to ask it again");
});

test("a route whose public address rests for a day is asked again when its entrance may be", async () => {
  await using server = await startRoute("refuses-503", files);
  server.headers = { "retry-after": "86400" };
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  await askPatiently(route, 1);
  entrance.behaviour = "resets";
  await failureOf(route, file, patient);
  const restMs = route.restUntil - ports.clock.steady();
  assert.ok(restMs > 0 && restMs <= entranceLimits.asideMs);
  entrance.behaviour = "honest";
  const later = route.restUntil;
  const then = { ...patient, clock: { ...patient.clock, steady: () => later } };
  await ask(route, file, then);
  assert.deepEqual(counts(server, entrance), [1, 3]);
});

test("a route whose remembered ticket has ended rests altogether", () => {
  const ticket = { text: ticketOf(9001), until: 2_000 };
  const rest = { askedAt: 1_000, until: 9_000 };
  for (const [now, rests] of [
    [1_999, false],
    [2_000, true],
  ] as const) {
    const route = parseRoute("http://127.0.0.1:8000/");
    route.recall(recalled({ triedAt: 1_000, failures: 0, rest, ticket }, now, now));
    assert.equal(route.restUntil > now, rests);
    assert.equal(route.entrances.publicRestUntil > now, !rests);
  }
});

const useless: readonly Behaviour[] = [
  "dead",
  "resets",
  "refuses-403",
  "busy-429",
  "hangs-before-headers",
  "redirects-away",
  "no-http",
  "endless",
];

for (const behaviour of useless) {
  test(`an entrance that ${behaviour} costs a request, and the public failure is what is told`, async () => {
    await using server = await startRoute("busy-503", files);
    await using entrance = await startRoute(behaviour, files);
    const route = routeWith(server, entrance);
    const error = await failureOf(route);
    assert.equal(error.code, "ROUTE_REFUSED");
    assert.equal(error.retryAfterMs, 7_000);
    assert.doesNotMatch(error.message, new RegExp(String(portOf(entrance))));
    assert.ok(route.restUntil > ports.clock.steady());
    assert.equal(server.requests.length, 1);
  });
}

test("an entrance that asked for rest is asked by nobody who was about to", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("busy-503", files);
  const route = routeWith(server, entrance);
  const alarms: (() => void)[] = [];
  const sleep = (ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ms === entranceLimits.hedgeMs) alarms.push(resolve);
    return promise;
  };
  const how = { ...ports, clock: { ...ports.clock, steady: () => 0, sleep } };
  const failing = [failureOf(route, file, how), failureOf(route, file, how)];
  while (server.requests.length < 2) await setImmediate();
  for (const ring of alarms) {
    ring();
    while (route.entrances.next(0) !== undefined) await setImmediate();
  }
  for (const socket of server.sockets) socket.destroy();
  for (const { code } of await Promise.all(failing)) assert.equal(code, "ROUTE_UNREACHABLE");
  assert.deepEqual([alarms.length, entrance.requests.length], [2, 1]);
});

test("an entrance that fails gives way to the other one", async () => {
  await using server = await startRoute("resets", files);
  await using first = await startRoute("refuses-403", files);
  await using second = await startRoute("honest", files);
  const route = routeWith(server, first, second);
  await failureOf(route, file, patient);
  await askPatiently(route, 3);
  assert.deepEqual(counts(first, second), [1, 3]);
});

test("an entrance that falls silent is put aside when the public address is quicker", async () => {
  await using server = await startRoute("resets", files);
  await using first = await startRoute("honest", files);
  await using second = await startRoute("honest", files);
  const route = routeWith(server, first, second);
  await askPatiently(route, 1);
  server.behaviour = "honest";
  first.behaviour = "hangs-before-headers";
  await ask(route);
  await askPatiently(route, 2);
  server.behaviour = "resets";
  await askPatiently(route, 1);
  assert.deepEqual(counts(first, second), [2, 1]);
  assert.equal(route.state, "ok");
});

test("an entrance that breaks its answers off gives way, to the public address and to the other one", async () => {
  await using server = await startRoute("refuses-403", files);
  await using first = await startRoute("truncates", files);
  await using second = await startRoute("honest", files);
  const route = routeWith(server, first, second);
  route.strike(await failureOf(route, file, patient));
  const renewed = { text: ticketOf(portOf(first), portOf(second)), until: Infinity };
  route.takeTicket(route.url(file), file, renewed, 0);
  await askPatiently(route, 2);
  assert.deepEqual(counts(first, second), [1, 2]);
  assert.equal(server.requests.length, 2, "the public address was asked before the other one");
});

test("that there is no file, an entrance may say, but it is no better for that", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  const next = "metadata/2.root.json";
  assert.equal((await failureOf(route, next)).code, "ROUTE_MISSING");
  server.behaviour = "honest";
  await askPatiently(route, 1);
  assert.deepEqual(counts(server, entrance), [2, 1]);
});

test("while neither way answers, few requests are sent twice", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("hangs-before-headers", files);
  const route = routeWith(server, entrance);
  const asked: number[] = [];
  const open: Transport["open"] = (request) => {
    asked.push(Number(request.url.port));
    return ports.transport.open(request);
  };
  const how = { ...ports, clock: { ...ports.clock, steady: () => 0 }, transport: { open } };
  const failing = Array.from({ length: 40 }, () => failureOf(route, file, how));
  for (const { code } of await Promise.all(failing)) assert.equal(code, "ROUTE_UNREACHABLE");
  const twice = asked.filter((port) => port === portOf(entrance)).length;
  assert.deepEqual([asked.length, twice], [48, 8]);
});

test("what is called off is asked nowhere else, and ends at both ways", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("hangs-before-headers", files);
  const route = routeWith(server, entrance);
  const abort = new AbortController();
  const reason = new Error("called off");
  const request = { path: file, lengthMax: 1_000, signal: abort.signal };
  const asked = exchange(ports, route, request);
  entrance.onConnection = () => abort.abort(reason);
  await assert.rejects(asked, reason);
  entrance.onConnection = () => undefined;
  assert.ok(route.entrances.next(ports.clock.steady()) !== undefined, "it is not to blame");
});

test("what is no list of a few sensible ports names no entrance, and the ticket stays good", () => {
  const named = (ent: unknown): readonly number[] => entrancesIn(ticketUntil(today, "m", ent));
  assert.deepEqual(named([9001, 443]), [9001, 443]);
  for (const ent of [
    undefined,
    [],
    [25],
    [9001, 22],
    [0],
    [65_536],
    ["9001"],
    [1, 2, 3, 4, 5],
    9001,
    {},
  ]) {
    assert.deepEqual(named(ent), [], JSON.stringify(ent));
  }
  fc.assert(
    fc.property(fc.jsonValue(), (ent) => {
      for (const port of named(ent)) assert.ok(port === 80 || port === 443 || port >= 1024);
    }),
  );
  for (const text of ["a.b.c", "", "..", "a.bnVsbA.c"]) assert.deepEqual(entrancesIn(text), []);
});

test("entrances are remembered from run to run, and it is the public address alone that rests", async () => {
  await using server = await startRoute("busy-503", files);
  await using entrance = await startRoute("honest", files);
  await using temp = await tempFolder();
  const route = routeWith(server, entrance);
  await ask(route);
  const store = folderStore(temp.path);
  await (await RouteMemory.open(store, ports.clock)).save([route], ports.random);
  for (const asked of [2, 3]) {
    const again = parseRoute(server.url);
    (await RouteMemory.open(store, ports.clock)).recall([again]);
    await askPatiently(again, 1);
    again.kept(10);
    await (await RouteMemory.open(store, ports.clock)).save([again], ports.random);
    assert.deepEqual(counts(server, entrance), [1, asked]);
  }
});
