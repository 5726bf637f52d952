import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { isPlaceText } from "@causeway/kernel";
import { begin } from "../../src/exchange.ts";
import { HttpServer } from "../../src/http-server.ts";
import { defaultLimits } from "../../src/limits.ts";
import { refuseForNow } from "../../src/refusals.ts";
import { issueTicket, ticketLifeSeconds } from "../../src/shield/ticket.ts";
import { TicketDesk } from "../../src/shield/ticket-desk.ts";
import { type Place, WaitingPlaces } from "../../src/shield/waiting-places.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";
import { type Answer, ask } from "../support/http.ts";
import { claimsOf, key, ticket } from "../support/tickets.ts";

const keys = [{ ...key, createdAt: 0 }];
const html = { Accept: "text/html" };

/** One of an origin that is flooded. */
function deskOf(pressure = 1): TicketDesk {
  const ports = { calm: () => false, pressure: () => pressure };
  return new TicketDesk("web-1", { ports: [], overTls: false }, ports);
}

/** A server that refuses everybody, and says what place each came with. */
async function refusing(t: TestContext, pressure = 1) {
  const desk = deskOf(pressure);
  desk.setKeys(keys);
  const shown: (Place | undefined)[] = [];
  const handler = desk.reader(async (exchange) => {
    shown.push(exchange.place);
    refuseForNow(exchange, 503, [], desk.meansFor(exchange));
  });
  const server = new HttpServer(handler, defaultLimits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  const get = (headers = {}): Promise<Answer> => ask(`http://127.0.0.1:${port}/x`, { headers });
  return { get, shown, tickets: () => server.counts().tickets };
}

/** A place whose bearer was told to come now. */
function duePlace(): string {
  const places = new WaitingPlaces("web-1");
  places.setKeys(keys);
  const from = prefixOf("127.0.0.1");
  assert.ok(from);
  return places.give(from, 0, Date.now() / 1000) ?? "";
}

test("a newcomer that is refused gets a place, which counts from when it was told to come", async (t) => {
  const { get, shown, tickets } = await refusing(t);
  const place = String((await get()).headers["causeway-ticket"]);
  assert.ok(isPlaceText(place));
  await get({ Authorization: `Bearer ${place}` });
  await get({ Authorization: `Bearer ${duePlace()}` });
  assert.deepEqual(
    shown.map((each) => each !== undefined),
    [false, false, true],
  );
  const { place: given, waited, bad } = tickets();
  assert.deepEqual({ given, waited }, { given: 3, waited: 1 });
  assert.equal(
    Object.values(bad).reduce((sum, count) => sum + count),
    0,
    "a place is no bad ticket",
  );
});

test("a browser keeps its place as a cookie, and comes back by itself", async (t) => {
  const { get, shown } = await refusing(t);
  const { headers, body } = await get(html);
  const seconds = Number(headers["retry-after"]);
  const [cookie = ""] = headers["set-cookie"] ?? [];
  assert.match(cookie, /^causeway-place=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  assert.ok(body.toString().includes(`<meta http-equiv=refresh content=${seconds}>`));
  assert.ok(body.length < 1024, `${body.length} bytes`);
  await get({ ...html, Cookie: `a=b; causeway-place=${duePlace()}; c=d` });
  assert.ok(shown[1] !== undefined);
});

test("a browser's work is little at first, and more the more are refused", async (t) => {
  const bits: (string | undefined)[] = [];
  for (const pressure of [0, 0.5, 1]) {
    const { get } = await refusing(t, pressure);
    const { body } = await get(html);
    bits.push(/'\d{10}\.(\d\d)\./.exec(body.toString())?.[1]);
  }
  assert.deepEqual(bits, ["13", "15", "16"]);
});

test("neither a ticket holder nor a shared cache is given a place", async (t) => {
  const { get, tickets } = await refusing(t);
  const now = Math.floor(Date.now() / 1000);
  const good = issueTicket({ ...ticket, exp: now + 60 }, key);
  for (const headers of [{ Authorization: `Bearer ${good}` }, { Via: "1.1 cache" }]) {
    assert.equal((await get(headers)).headers["causeway-ticket"], undefined);
    assert.equal((await get({ ...html, ...headers })).headers["set-cookie"], undefined);
  }
  assert.equal(tickets().place, 0);
});

test("in an attack's hour nobody becomes known, and who is known stays so", async (t) => {
  const desk = deskOf();
  desk.setKeys(keys);
  const handler = desk.reader(async (exchange) => {
    begin(exchange, 200, desk.office.withTicket(exchange, ["Content-Length", "0"]));
    exchange.response.end();
  });
  const server = new HttpServer(handler, defaultLimits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  const given = async (headers = {}): Promise<string | undefined> => {
    const answer = await ask(`http://127.0.0.1:${port}/metadata/timestamp.json`, { headers });
    const shown = answer.headers["causeway-ticket"];
    return typeof shown === "string" ? shown : undefined;
  };
  assert.equal(await given(), undefined);
  const now = Math.floor(Date.now() / 1000);
  const old = issueTicket({ ...ticket, exp: now + 60 }, key);
  const { sub, exp } = claimsOf((await given({ Authorization: `Bearer ${old}` })) ?? "");
  assert.equal(sub, ticket.sub);
  assert.ok(exp >= now + ticketLifeSeconds);
});
