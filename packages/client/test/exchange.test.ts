import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { type RouteCode, RouteError } from "@causeway/kernel";
import { nodePorts } from "../src/node/index.ts";
import { redirectTarget } from "../src/routes/answer.ts";
import { type Answer, type ExchangeRequest, exchange } from "../src/routes/exchange.ts";
import { parseRoute, parseRoutes } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { type Fault, faults, startRoute } from "./support/faulty-route.ts";
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

test("a healthy route delivers a file and counts its bytes", async () => {
  await using server = await startRoute("honest", files);
  const route = parseRoute(server.url);
  assert.deepEqual(await ask(route), Buffer.from(file));
  assert.equal(route.bytesReceived, file.length);
  assert.ok((route.bytesPerSecond ?? 0) > 0);
  assert.ok((route.latencyMs ?? -1) >= 0);
  assert.ok(Math.abs(route.skewMs ?? Number.NaN) < 5_000);
});

test("a range is those bytes and no others", async () => {
  await using server = await startRoute("honest", files);
  const bytes = await ask(parseRoute(server.url), { range: { start: 7, end: 4_242 } });
  assert.deepEqual(bytes, Buffer.from(file.subarray(7, 4_242)));
});

test("a second request uses the same connection", async () => {
  await using server = await startRoute("honest", files);
  const route = parseRoute(server.url);
  await ask(route);
  await assert.rejects(ask(route, { path: "metadata/9.root.json" }), isRouteError("ROUTE_MISSING"));
  await ports.clock.sleep(10);
  await ask(route);
  assert.equal(server.connections, 1, "a small refusal is read to its end");
  server.behaviour = "endless";
  await assert.rejects(ask(route, { path: "x", lengthMax: 1 }), isRouteError("ROUTE_ENDLESS"));
  await ports.clock.sleep(30);
  assert.equal(server.sockets.size, 0);
});

test("a connection that the server closed while idle is no fault of the route", async () => {
  await using server = await startRoute("honest", files);
  const route = parseRoute(server.url);
  await ask(route);
  for (const socket of server.sockets) socket.resetAndDestroy();
  assert.equal((await ask(route)).length, file.length);
});

test("a reset connection is tried once more at once, and never twice", async () => {
  await using server = await startRoute("resets", files);
  const route = parseRoute(server.url);
  await assert.rejects(ask(route), isRouteError("ROUTE_UNREACHABLE", /reset/));
  assert.equal(server.connections, 2);
  await assert.rejects(ask(route), isRouteError("ROUTE_UNREACHABLE", /reset/));
  assert.equal(server.connections, 3, "it means it");
  server.behaviour = "honest";
  await ask(route);
  for (const socket of server.sockets) socket.destroy();
  await ports.clock.sleep(10);
  server.behaviour = "resets";
  await assert.rejects(ask(route), isRouteError("ROUTE_UNREACHABLE", /reset/));
  assert.equal(server.connections, 6, "it answered, so it is a filter's again");
});

test("a flood filter that resets the first connection costs one connection", async () => {
  await using server = await startRoute("resets", files);
  server.onConnection = () => {
    server.behaviour = "honest";
  };
  assert.equal((await ask(parseRoute(server.url))).length, file.length);
  assert.equal(server.connections, 2);
});

for (const kept of [false, true]) {
  test(`who takes a request and says nothing is silent, the connection ${kept ? "kept" : "new"}`, async () => {
    await using server = await startRoute("honest", new Map([...files, ["x", file]]));
    server.silentOn = "x";
    const own = nodePorts();
    const askFor = async (asked: string): Promise<void> => {
      const { signal } = new AbortController();
      const request = { path: asked, lengthMax: file.length, limits: quickExchange, signal };
      for await (const _ of (await exchange(own, parseRoute(server.url), request)).body);
    };
    if (kept) await askFor(path);
    const error: unknown = await askFor("x").catch((reason: unknown) => reason);
    own.transport.close();
    assert.ok(error instanceof RouteError && error.silent);
    assert.equal(server.connections, 1);
  });
}

test("a redirect to another listed route is followed, with that one's credentials only", async () => {
  await using other = await startRoute("honest", files);
  await using first = await startRoute("redirects-to", files);
  const { port } = new URL(other.url);
  first.location = `http://127.0.0.1:${port}/${path}`;
  const [mine, theirs] = parseRoutes([
    first.url.replace("//", "//me:mine@"),
    other.url.replace("//", "//you:yours@"),
  ]);
  assert.ok(mine && theirs);
  assert.equal((await ask(mine)).length, file.length);
  assert.deepEqual(first.authorizations, [basic("me:mine")]);
  assert.deepEqual(other.authorizations, [basic("you:yours")]);
  theirs.rest(ports.clock.steady() + 60_000);
  await assert.rejects(ask(mine), isRouteError("ROUTE_REFUSED", /is left alone for now/));
});

test("who is asked to wait where a redirect led follows there no more, and neither route rests", async () => {
  await using other = await startRoute("busy-429", files);
  await using first = await startRoute("redirects-to", files);
  first.location = other.url + path;
  const [mine, theirs] = parseRoutes([first.url, other.url]);
  assert.ok(mine && theirs);
  await assert.rejects(ask(mine), isRouteError("ROUTE_REFUSED", /asks to wait 120 s/));
  assert.equal(theirs.restUntil, Number.NEGATIVE_INFINITY);
  await assert.rejects(ask(mine), isRouteError("ROUTE_REFUSED", /is left alone for now/));
  assert.equal(other.requests.length, 1);
  assert.ok(mine.ledTo(theirs).dueAt > ports.clock.steady() + 100_000);
  first.behaviour = "honest"; // it may have led there for one file of many
  assert.equal((await ask(mine)).length, file.length);
});

test("a redirect to another listed route asks it for no other file", async () => {
  await using other = await startRoute("honest", files);
  await using first = await startRoute("redirects-to", files);
  for (const elsewhere of ["metadata/9.root.json", `x/../../${path}/`, `${path}?for=1`]) {
    first.location = other.url + elsewhere;
    const [again] = parseRoutes([first.url, other.url]);
    assert.ok(again);
    await assert.rejects(ask(again), isRouteError("ROUTE_REFUSED", /away to/));
  }
  assert.deepEqual(other.requests, []);
});

test("a redirect below no listed route, out of TLS, or in a circle of routes is refused", async () => {
  await using other = await startRoute("redirects-to", files);
  await using first = await startRoute("redirects-to", files);
  first.location = `${other.url}elsewhere/${path}`;
  const [mine] = parseRoutes([first.url, `${other.url}repository/`]);
  assert.ok(mine);
  await assert.rejects(ask(mine), isRouteError("ROUTE_REFUSED", /away to/));
  other.location = `${first.url}${path}`;
  first.location = `${other.url}${path}`;
  const [circle] = parseRoutes([first.url, other.url]);
  assert.ok(circle);
  const before = first.requests.length + other.requests.length;
  await assert.rejects(ask(circle), isRouteError("ROUTE_REFUSED", /on and on/));
  assert.equal(first.requests.length + other.requests.length - before, 4);
  const [secure] = parseRoutes(["https://a.example/", "http://b.example/"]);
  const answer = { status: 302, headers: new Map([["location", "http://b.example/x"]]) };
  assert.ok(secure);
  assert.throws(
    () => redirectTarget(answer, secure.base, "x", true, secure),
    isRouteError("ROUTE_REFUSED", /out of TLS/),
  );
});

test("what fails behind a redirect is told of where it led, and all else of it stays", async () => {
  await using other = await startRoute("hangs-before-headers", files);
  await using first = await startRoute("redirects-to", files);
  first.location = other.url + path;
  const askAnew = async (): Promise<RouteError> => {
    const [mine] = parseRoutes([first.url, other.url]);
    assert.ok(mine);
    return ask(mine).then(
      () => assert.fail("it delivered"),
      (error: RouteError) => error,
    );
  };
  const start = `redirects ${path} to ${other.url}, which failed: `;
  const silent = await askAnew();
  assert.equal(silent.code, "ROUTE_UNREACHABLE");
  assert.equal(silent.message, `${start}gave no answer for 0.5 s to ${path}`);
  assert.equal(silent.url, other.url + path);
  other.behaviour = "refuses-403";
  const forbidden = await askAnew();
  assert.equal(forbidden.message, `${start}answered 403 to ${path}`);
  assert.deepEqual([forbidden.code, forbidden.forbidden], ["ROUTE_REFUSED", true]);
  other.behaviour = "busy-429";
  assert.equal((await askAnew()).retryAfterMs, 120_000);
  await other.close();
  assert.equal((await askAnew()).message, `${start}refuses the connection`);
});

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

type Fate = readonly [RouteCode, RegExp];
const ofFile: Partial<Record<Fault, Fate>> = {
  dead: ["ROUTE_UNREACHABLE", /refuses the connection/],
  resets: ["ROUTE_UNREACHABLE", /./],
  "refuses-403": ["ROUTE_REFUSED", /403/],
  "misses-404": ["ROUTE_MISSING", /404/],
  "busy-429": ["ROUTE_REFUSED", /asks to wait 120 s/],
  "busy-503": ["ROUTE_REFUSED", /asks to wait 7 s/],
  "hangs-before-headers": ["ROUTE_UNREACHABLE", /no answer for 0\.5 s/],
  "hangs-in-body": ["ROUTE_STALLED", /nothing for 0\.4 s/],
  drips: ["ROUTE_STALLED", /bytes in 0\.\d s/],
  "redirects-away": ["ROUTE_REFUSED", /away to "http:\/\/127\.0\.0\.1:9\/x"/],
  "redirects-on-and-on": ["ROUTE_REFUSED", /on and on/],
  truncates: ["ROUTE_TRUNCATED", /./],
  endless: ["ROUTE_ENDLESS", /over 100000 bytes/],
  "login-page": ["ROUTE_MISLABELLED", /login page/],
  gzips: ["ROUTE_MISLABELLED", /gzip/],
  multipart: ["ROUTE_MISLABELLED", /multipart/],
  "wrong-range": ["ROUTE_MISLABELLED", /a part of a file, unasked/],
  "no-http": ["ROUTE_UNREACHABLE", /does not speak HTTP/],
};
const ofRange: Partial<Record<Fault, Fate>> = {
  ...ofFile,
  "ignores-ranges": ["ROUTE_MISLABELLED", /ignored the range/],
  endless: ["ROUTE_ENDLESS", /over 90 bytes/],
  "wrong-range": ["ROUTE_MISLABELLED", /sent the range "bytes 1-90\/91"/],
};

suite("a faulty route is found out and named", () => {
  for (const fault of faults) {
    test(`${fault}: a file`, async () => {
      await using server = await startRoute(fault, files);
      const fate = ofFile[fault];
      const asked = ask(parseRoute(server.url));
      if (fate === undefined)
        await asked; // its bytes must be verified to tell
      else await assert.rejects(asked, isRouteError(...fate));
    });
    test(`${fault}: a range`, async () => {
      await using server = await startRoute(fault, files);
      const fate = ofRange[fault];
      const asked = ask(parseRoute(server.url), { range: { start: 10, end: 100 } });
      if (fate === undefined) await asked;
      else await assert.rejects(asked, isRouteError(...fate));
    });
  }
});

test("a whole file from its start is taken although the range was ignored", async () => {
  await using server = await startRoute("ignores-ranges", files);
  const range = { start: 0, end: file.length };
  assert.equal((await ask(parseRoute(server.url), { range })).length, file.length);
});

test("a range that ends early is found out, even when HTTP calls it whole", async () => {
  await using server = await startRoute("ends-early", files);
  const asked = ask(parseRoute(server.url), { range: { start: 10, end: 100 } });
  await assert.rejects(asked, isRouteError("ROUTE_TRUNCATED", /ended after 45 of 90 bytes/));
});

test("a promise over the bound is refused before its first byte", async () => {
  await using server = await startRoute("honest", files);
  const route = parseRoute(server.url);
  await assert.rejects(
    ask(route, { lengthMax: 99_999 }),
    isRouteError("ROUTE_ENDLESS", /promises/),
  );
  assert.equal(route.bytesReceived, 0);
});

test("Retry-After rests the route, at most for a day, by the sender's own clock", async () => {
  await using server = await startRoute("busy-503", files);
  const until = async (headers: Record<string, string | string[]>): Promise<number> => {
    server.behaviour = "refuses-403";
    server.headers = headers;
    const route = parseRoute(server.url);
    await assert.rejects(ask(route), isRouteError("ROUTE_REFUSED"));
    return Math.round((route.restUntil - ports.clock.steady()) / 1000);
  };
  assert.equal(await until({ "retry-after": "999999999" }), 86_400);
  assert.equal(
    await until({
      "retry-after": "Wed, 13 Aug 2003 00:01:30 GMT",
      date: "Wed, 13 Aug 2003 00:00:00 GMT",
    }),
    90,
  );
  for (const text of ["", "soon", "-1", "5 5", "1.5"]) {
    assert.equal(await until({ "retry-after": text }), Number.NEGATIVE_INFINITY, text);
  }
  for (const digits of [15, 16, 400]) {
    assert.equal(await until({ "retry-after": "9".repeat(digits) }), 86_400, `${digits} digits`);
  }
  assert.equal(await until({ "retry-after": ["5", "7"] }), 7, "a proxy added its own");
  assert.equal(await until({ "retry-after": "7,5 , soon" }), 7);
  const [first, second] = ["Wed, 13 Aug 2003 00:00:30 GMT", "Wed, 13 Aug 2003 00:02:00 GMT"];
  const date = "Wed, 13 Aug 2003 00:00:00 GMT";
  assert.equal(await until({ "retry-after": `${second}, ${first}, 60`, date }), 120);
  assert.equal(await until({ "retry-after": `60, ${first}`, date }), 60);
});

test("a redirect within the route is followed", async () => {
  await using server = await startRoute("redirects-within", files);
  assert.equal((await ask(parseRoute(server.url))).length, file.length);
  assert.deepEqual(server.requests, [`GET /${path}`, `GET /moved/${path}`]);
});

test("the caller's signal ends a request at any point, with its own reason", async () => {
  for (const fault of ["hangs-before-headers", "hangs-in-body", "drips"] as const) {
    await using server = await startRoute(fault, files);
    const abort = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => abort.abort(reason), 40);
    const asked = ask(parseRoute(server.url), { signal: abort.signal });
    await assert.rejects(asked, (error) => error === reason);
  }
});

test("nothing is left behind: no listener on the caller's signal, no connection", async () => {
  for (const fault of ["hangs-before-headers", "hangs-in-body", "endless"] as const) {
    await using server = await startRoute(fault, files);
    const signal = new AbortController().signal;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await assert.rejects(ask(parseRoute(server.url), { signal }), RouteError);
    assert.ok(listeners <= 0, `${listeners} listeners`);
    await ports.clock.sleep(30);
    assert.equal(server.sockets.size, 0, fault);
  }
});
