import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import * as http2 from "node:http2";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { placeStart, type TransportRequest } from "@causeway/kernel";
import fc from "fast-check";
import { httpTransport } from "../src/node/http-transport.ts";
import { folderStore, nodePorts } from "../src/node/index.ts";
import { type ExchangePorts, exchange } from "../src/routes/exchange.ts";
import { parseRoute, parseRoutes } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { RouteMemory } from "../src/routes/route-memory.ts";
import { ticketIn, ticketMsMax } from "../src/routes/ticket.ts";
import { clientOf, vendor } from "./support/customer.ts";
import { startRoute } from "./support/faulty-route.ts";
import { now, product, startRoutes } from "./support/field.ts";
import { issue } from "./support/issuer.ts";
import { quickExchange } from "./support/quick.ts";
import { tempFolder } from "./support/temp-folder.ts";
import { ticketUntil } from "./support/tickets.ts";

const file = "metadata/timestamp.json";
const files = new Map([[file, new Uint8Array(10)]]);
const ports = nodePorts();
const today = Math.floor(Date.now() / 1000);
const ticket = ticketUntil(today + 3_600);

async function ask(route: Route, how: ExchangePorts = ports): Promise<void> {
  const { signal } = new AbortController();
  const request = { path: file, lengthMax: 1_000, limits: quickExchange, signal };
  for await (const _ of (await exchange(how, route, request)).body);
}

function inHeader(text: string, skewMs?: number): ReturnType<typeof ticketIn> {
  return ticketIn(new Map([["causeway-ticket", text]]), now, skewMs);
}

test("a ticket ends by our own clock, however wrong that is", () => {
  const end = now / 1000 + 60;
  assert.deepEqual(inHeader(ticketUntil(end))?.until, now + 60_000);
  const decades = 30 * 365 * 86_400;
  assert.equal(inHeader(ticketUntil(end - decades), -decades * 1000)?.until, now + 60_000);
  assert.equal(inHeader(ticketUntil(end + decades), decades * 1000)?.until, now + 60_000);
  assert.equal(inHeader(ticketUntil(now / 1000)), undefined, "it is over already");
  assert.equal(inHeader(ticketUntil(8e12))?.until, now + ticketMsMax);
  assert.equal(ticketIn(new Map(), now), undefined);
});

test("what is no ticket is not kept, and breaks nothing", () => {
  const end = now / 1000 + 60;
  const good = ticketUntil(end);
  const wrong = [
    "",
    "a.b.c",
    `${good}.d`,
    `${good}, ${good}`,
    `${good}\r\nx: y`,
    ` ${good}`,
    good.replace(".", "="),
    `${good}${"x".repeat(1_024)}`,
    ticketUntil(String(end)),
    ticketUntil(-1),
    ticketUntil(end + 0.5),
    ticketUntil(1e15),
    ticketUntil(undefined),
    "a.bnVsbA.c",
    "a.A.c",
  ];
  for (const text of wrong) assert.equal(inHeader(text), undefined, text);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)), (text) => {
      assert.equal(inHeader(text), undefined);
    }),
  );
});

test("a ticket is shown to the route that gave it, the newest one, until it ends", async () => {
  await using server = await startRoute("honest", files);
  let steady = 0;
  const how = { ...ports, clock: { ...ports.clock, steady: () => steady } };
  const route = parseRoute(server.url);
  server.headers = { "causeway-ticket": ticket };
  await ask(route, how);
  const newer = ticketUntil(today + 7_200);
  server.headers = { "causeway-ticket": newer };
  await ask(route, how);
  server.headers = { "causeway-ticket": "junk" };
  await ask(route, how);
  server.headers = { "causeway-ticket": ["x".repeat(2_000), "y"] };
  await ask(route, how);
  steady += 7_300_000;
  server.headers = {};
  await ask(route, how);
  const shown = [undefined, `Bearer ${ticket}`, `Bearer ${newer}`, `Bearer ${newer}`, undefined];
  assert.deepEqual(server.authorizations, shown);
});

test("a refusal gives no ticket", async () => {
  await using server = await startRoute("busy-503", files);
  server.headers = { "causeway-ticket": ticket };
  const route = parseRoute(server.url);
  await assert.rejects(ask(route));
  assert.equal(route.ticket, undefined);
});

test("a refusal may give a place, which is shown the next time until there is a ticket", async () => {
  await using server = await startRoute("busy-503", files);
  await using honest = await startRoute("honest", files);
  const place = `${placeStart}.${ticketUntil(today + 600).split(".")[1]}.signature`;
  server.headers = { "causeway-ticket": place };
  const route = parseRoute(server.url);
  await assert.rejects(ask(route));
  assert.equal(route.ticket?.text, place);
  const steady = ports.clock.steady();
  const take = (text: string, at = steady): string | undefined => {
    route.takeTicket(route.url(file), file, { text, until: steady + 60_000 }, at);
    return route.ticket?.text;
  };
  assert.equal(take(`${place}2`), `${place}2`, "of places the newest");
  assert.equal(take(ticket), ticket, "a ticket is worth more");
  assert.equal(take(place), ticket);
  assert.equal(take(place, steady + 60_000), place, "the ticket has ended");
  const other = parseRoute(honest.url);
  honest.headers = { "causeway-ticket": place };
  await ask(other);
  assert.equal(other.ticket, undefined, "who is served needs no place");
});

/** A route that has given its ticket. */
async function known(url: string): Promise<Route> {
  const route = parseRoute(url);
  const until = ports.clock.steady() + 60_000;
  route.takeTicket(route.url(file), file, { text: ticket, until }, 0);
  assert.equal(route.ticket?.text, ticket);
  return route;
}

test("a ticket follows no redirect, neither away nor within the route", async () => {
  for (const behaviour of ["redirects-within", "redirects-to"] as const) {
    await using other = await startRoute("honest", files);
    await using server = await startRoute(behaviour, files);
    server.location = `${other.url}${file}`;
    other.headers = { "causeway-ticket": ticketUntil(today + 60, "other") };
    const route = await known(server.url);
    const second = parseRoute(other.url);
    route.meet([second]);
    await ask(route);
    const [first, ...redirected] = [...server.authorizations, ...other.authorizations];
    assert.equal(first, `Bearer ${ticket}`);
    assert.deepEqual(redirected, [undefined]);
    assert.equal(route.ticket?.text, ticket, "nor is another's taken for its own");
    assert.equal(second.ticket !== undefined, behaviour === "redirects-to");
  }
});

test("no other place of the same host is shown it", async () => {
  const route = await known("http://host.example/vendor/");
  const shownAt = (url: string): string | undefined => {
    return route.ticketFor(new URL(url), file, ports.clock.steady());
  };
  assert.equal(shownAt(`http://host.example/vendor/${file}`), ticket);
  const others = [
    `https://host.example/vendor/${file}`,
    `http://host.example:8080/vendor/${file}`,
    `http://other.example/vendor/${file}`,
    `http://host.example/other/${file}`,
    `http://host.example/vendor/../${file}`,
    `http://host.example/vendor/..%2f${file}`,
    `http://host.example/vendor2/${file}`,
    `http://host.example/vendor/${file}?to=x`,
    `http://host.example/${file}`,
  ];
  for (const url of others) assert.equal(shownAt(url), undefined, url);
});

test("a route with a name and a password of its own has no tickets", async () => {
  await using server = await startRoute("honest", files);
  server.headers = { "causeway-ticket": ticket };
  for (const pair of ["name:password", "name:", ":password"]) {
    const route = parseRoute(server.url.replace("//", `//${pair}@`));
    await ask(route);
    await ask(route);
    const basic = `Basic ${Buffer.from(pair).toString("base64")}`;
    assert.deepEqual(server.authorizations.slice(-2), [basic, basic]);
    assert.equal(route.ticket, undefined);
  }
});

test("files get no tickets", async () => {
  await using temp = await tempFolder();
  const route = parseRoute(pathToFileURL(temp.path).href);
  route.takeTicket(route.url(file), file, { text: ticket, until: Infinity }, 0);
  assert.equal(route.ticketFor(route.url(file), file, 0), undefined);
});

test("a ticket is in no report, message or picture of a route", async () => {
  const route = await known("http://host.example/");
  const shown = inspect([route, route.report, route.attempt], { depth: 9, showHidden: true });
  assert.doesNotMatch(shown + JSON.stringify(route), /eyJ/);
});

interface Secure {
  readonly url: string;
  readonly authorizations: (string | undefined)[];
  readonly how: ExchangePorts;
}

/** A server that gives tickets over TLS, whose certificate was good in those years. */
async function secure(
  t: TestContext,
  years: readonly [number, number],
  h2: boolean,
): Promise<Secure> {
  const root = await issue({ name: "root", isAuthority: true, years: [2000, 2091] });
  const certificate = await issue({ name: "localhost", years, by: root });
  const authorizations: (string | undefined)[] = [];
  const answer = (authorization: string | undefined): Record<string, string> => {
    authorizations.push(authorization);
    return { "causeway-ticket": ticket };
  };
  const server = h2
    ? http2.createSecureServer(certificate, ({ headers }, response) => {
        response.writeHead(200, answer(headers.authorization)).end("signed");
      })
    : https.createServer(certificate, ({ headers }, response) => {
        response.writeHead(200, answer(headers.authorization)).end("signed");
      });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const transport = httpTransport({ ca: [root.cert] });
  t.after(() => {
    transport.close();
    server.close();
  });
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  return { url, authorizations, how: { ...ports, transport } };
}

for (const h2 of [false, true]) {
  test(`over TLS a ticket is given and shown (${h2 ? "HTTP/2" : "HTTP/1.1"})`, async (t) => {
    const { url, authorizations, how } = await secure(t, [2000, 2091], h2);
    const route = parseRoute(url);
    await ask(route, how);
    await ask(route, how);
    assert.deepEqual(authorizations, [undefined, `Bearer ${ticket}`]);
  });
}

test("over a certificate of another time no ticket is shown or taken, and all else is as ever", async (t) => {
  for (const years of [
    [2000, 2001],
    [2090, 2091],
  ] as const) {
    const { url, authorizations, how } = await secure(t, years, false);
    const route = await known(url);
    const fresh = parseRoute(url);
    for (let time = 0; time < 2; time++) {
      await ask(route, how);
      await ask(fresh, how);
    }
    assert.deepEqual(authorizations, [undefined, undefined, undefined, undefined]);
    assert.equal(fresh.ticket, undefined);
  }
});

test("a transport sends what it is given as a bearer, and a name and password before it", async () => {
  await using server = await startRoute("honest", files);
  const { signal } = new AbortController();
  const open = async (url: string): Promise<void> => {
    const request: TransportRequest = { url: new URL(url), signal, bearer: "a.b.c" };
    (await ports.transport.open(request)).close();
  };
  await open(`${server.url}${file}`);
  await open(`${server.url.replace("//", "//a:b@")}${file}`);
  assert.deepEqual(server.authorizations, ["Bearer a.b.c", "Basic YTpi"]);
});

test("the next run shows each route its own ticket; the file is for the owner alone", async () => {
  await using temp = await tempFolder();
  await using fleet = await startRoutes(["honest", "honest", "honest"], vendor.files());
  const tickets = fleet.servers.map((server, at) => {
    server.wall = () => now;
    const own = ticketUntil(now / 1000 + 3_600, `at-${at}`);
    if (at < 2) server.headers = { "causeway-ticket": own };
    return own;
  });
  const runs = [clientOf(temp.path, fleet.urls), clientOf(temp.path, fleet.urls)];
  const before: number[] = [];
  for (const client of runs) {
    before.splice(0, 3, ...fleet.servers.map(({ authorizations }) => authorizations.length));
    const told = await client.check(product, { platform: "any" });
    assert.doesNotMatch(JSON.stringify(told), /eyJ/);
  }
  for (const [at, { authorizations }] of fleet.servers.entries()) {
    const all = new Set(authorizations);
    const own = `Bearer ${tickets[at]}`;
    assert.ok([...all].every((each) => each === undefined || (at < 2 && each === own)));
    const inSecond = authorizations.slice(before[at]);
    assert.ok(inSecond.length > 0);
    if (at < 2) assert.deepEqual(new Set(inSecond), new Set([own]), `from the first request on`);
  }
  const notes = path.join(temp.path, "state", "routes.json");
  assert.match(await readFile(notes, "utf8"), /"ticket"/);
  if (process.platform !== "win32") assert.equal((await stat(notes)).mode & 0o777, 0o600);
});

test("what is remembered ends when it ends, and nothing but a ticket is taken for one", async () => {
  await using temp = await tempFolder();
  const store = folderStore(temp.path);
  const urls = ["http://good.example/", "http://late.example/", "http://odd.example/"];
  const [good, late, odd] = [
    { text: ticket, until: now + 60_000 },
    { text: ticket, until: now - 1 },
    { text: "a b\nc", until: now + 60_000 },
  ];
  const routes = [good, late, odd].map((each, at) => {
    return { url: urls[at], triedAt: now, failures: 0, ticket: each };
  });
  const notes = path.join(temp.path, "routes.json");
  await writeFile(notes, JSON.stringify({ _type: "causeway-route-notes", routes }));
  const clock = { ...ports.clock, wall: () => now, steady: () => 5_000 };
  const remembered = parseRoutes(urls);
  const memory = await RouteMemory.open(store, clock);
  memory.recall(remembered);
  const shown = remembered.map((route) => route.ticketFor(route.url(file), file, 5_000));
  assert.deepEqual(shown, [ticket, undefined, undefined]);
  assert.equal(remembered[0]?.ticket?.until, 65_000);
  await memory.save(remembered, ports.random);
  assert.match(await readFile(notes, "utf8"), /"text":"eyJ/);
  assert.equal((await stat(notes)).mode & 0o077, 0);
});
