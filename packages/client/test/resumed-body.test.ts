import assert from "node:assert/strict";
import { after, test } from "node:test";
import { nodePorts } from "../src/node/index.ts";
import { type Answer, type ExchangeRequest, exchange } from "../src/routes/exchange.ts";
import { parseRoute, parseRoutes } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { cutsAfter, startRoute } from "./support/faulty-route.ts";
import { quickExchange } from "./support/quick.ts";
import { isRouteError } from "./support/route-error.ts";

const path = "targets/patches/app";
const file = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);
const files = new Map([[path, file]]);
const ports = nodePorts();
after(() => ports.transport.close());

async function readAll(answer: Answer): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const bytes of answer.body) parts.push(Uint8Array.from(bytes));
  return Buffer.concat(parts);
}

async function ask(route: Route, request: Partial<ExchangeRequest> = {}): Promise<Uint8Array> {
  const signal = new AbortController().signal;
  const most = { path, lengthMax: file.length, limits: quickExchange, signal };
  return readAll(await exchange(ports, route, { ...most, ...request }));
}

test("a file that comes over connections that are cut, each after some bytes, comes whole", async () => {
  await using server = await startRoute("cuts", files);
  const route = parseRoute(server.url);
  assert.deepEqual(await ask(route), Buffer.from(file));
  assert.equal(route.bytesReceived, file.length, "no byte came twice");
  assert.equal(server.requests.length, file.length / cutsAfter);
  const bytes = await ask(route, { range: { start: 7, end: 80_000 } });
  assert.deepEqual(bytes, Buffer.from(file.subarray(7, 80_000)));
});

test("the rest of a file is not taken from another version, nor where there are no ranges", async () => {
  await using server = await startRoute("cuts", files);
  let version = 0;
  Object.defineProperty(server, "headers", { get: () => ({ etag: `"${version++}"` }) });
  await assert.rejects(ask(parseRoute(server.url)), isRouteError("ROUTE_TRUNCATED", /broke/));
  assert.equal(server.requests.length, 2);
  await using rangeless = await startRoute("ignores-ranges", files);
  rangeless.firstTime = "cuts";
  const asked = ask(parseRoute(rangeless.url));
  await assert.rejects(asked, isRouteError("ROUTE_TRUNCATED", /broke/), "that is no lie");
});

test("the rest of a file is not taken from another route that it is redirected to: who is to blame?", async () => {
  await using other = await startRoute("lies", files);
  await using first = await startRoute("redirects-to", files);
  first.location = other.url + path;
  const [mine] = parseRoutes([first.url, other.url]);
  assert.ok(mine);
  first.behaviour = "cuts";
  first.onAnswer = () => {
    first.behaviour = "redirects-to";
  };
  await assert.rejects(ask(mine), isRouteError("ROUTE_TRUNCATED", /broke/));
  assert.deepEqual(other.requests, [`GET /${path}`]);
});

test("connections that break after little are followed after waits that chance draws", async () => {
  await using server = await startRoute("cuts", files);
  const waits: number[] = [];
  const clock = {
    ...ports.clock,
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (ms > 100 && ms < 101) waits.push(ms);
      await ports.clock.sleep(ms, signal);
    },
  };
  const answer = await exchange(
    { ...ports, clock, random: { uint32: () => 2 ** 31 + 2 ** 20 } },
    parseRoute(server.url),
    { path, lengthMax: file.length, limits: quickExchange, signal: new AbortController().signal },
  );
  assert.deepEqual(await readAll(answer), Buffer.from(file));
  assert.equal(waits.length, server.requests.length - 2, "the first rest was asked for at once");
});

test("connections that break one after the other are judged by one rate, with the waits between", async () => {
  await using server = await startRoute("cuts", files);
  const limits = { ...quickExchange, bytesPerSecondMin: 1_000_000 };
  const asked = exchange(
    { ...ports, random: { uint32: () => 2 ** 32 - 1 } },
    parseRoute(server.url),
    { path, lengthMax: file.length, limits, signal: new AbortController().signal },
  );
  await assert.rejects(asked.then(readAll), isRouteError("ROUTE_STALLED", /in 0\.\d s/));
});

test("a busy server that refuses the rest is asked for it again, a few times", async () => {
  await using server = await startRoute("cuts", files);
  let refusals = 0;
  const alternate = (): void => {
    server.behaviour = server.behaviour === "cuts" ? "refuses-503" : "cuts";
    if (server.behaviour === "cuts") refusals++;
  };
  server.onAnswer = alternate;
  assert.deepEqual(await ask(parseRoute(server.url)), Buffer.from(file));
  assert.ok(refusals > 2);
  await using busy = await startRoute("cuts", files);
  busy.onAnswer = () => {
    busy.behaviour = "refuses-503";
  };
  await assert.rejects(ask(parseRoute(busy.url)), isRouteError("ROUTE_REFUSED", /answered 503/));
  assert.equal(busy.requests.length, 5);
});

test("an answer that is closed while its rest is asked for ends, and leaves no connection", async () => {
  await using server = await startRoute("cuts", files);
  const answer = await exchange(ports, parseRoute(server.url), {
    path,
    lengthMax: file.length,
    limits: quickExchange,
    signal: new AbortController().signal,
  });
  server.onAnswer = () => answer.close();
  await assert.rejects(readAll(answer), isRouteError("ROUTE_TRUNCATED"));
  await ports.clock.sleep(30);
  assert.equal(server.sockets.size, 0);
  assert.ok(server.requests.length <= 2);
});

test("what befalls the request for the rest is told, and an abort ends it too", async () => {
  await using server = await startRoute("busy-503", files);
  server.firstTime = "cuts";
  const route = parseRoute(server.url);
  await assert.rejects(ask(route), isRouteError("ROUTE_REFUSED", /asks to wait 7 s/));
  assert.ok(route.restUntil > ports.clock.steady());
  await using hanging = await startRoute("hangs-before-headers", files);
  hanging.firstTime = "cuts";
  const abort = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => abort.abort(reason), 100);
  const asked = ask(parseRoute(hanging.url), { signal: abort.signal });
  await assert.rejects(asked, (error) => error === reason);
  assert.equal(hanging.requests.length, 2);
});
