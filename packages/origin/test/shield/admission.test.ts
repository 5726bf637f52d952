import assert from "node:assert/strict";
import { getRandomValues } from "node:crypto";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { begin, type Exchange, type Handler } from "../../src/exchange.ts";
import { HttpServer } from "../../src/http-server.ts";
import { defaultLimits, type OriginLimits } from "../../src/limits.ts";
import { refuseForNow } from "../../src/refusals.ts";
import { Admission } from "../../src/shield/admission.ts";
import { Rulebook, type ShieldRule } from "../../src/shield/rulebook.ts";
import { Shares } from "../../src/shield/shares.ts";
import { ask, dial, head } from "../support/http.ts";
import { eventually } from "../support/origin.ts";
import { ticket } from "../support/tickets.ts";

interface Work {
  readonly exchange: Exchange;
  readonly finish: () => void;
}

/** A server whose work begins when it is admitted and ends when the test says so. */
async function shielded(
  t: TestContext,
  limits: Partial<OriginLimits> = {},
  afterTurn: (then: () => void) => void = setImmediate,
) {
  const clock = { now: 0 };
  const bounds = { ...defaultLimits, workAtOnceMin: 1, workAtOnceMax: 1, ...limits };
  const shares = new Shares(bounds, { workers: 1 }, (into) => getRandomValues(into));
  const refused: [ShieldRule, number][] = [];
  const rules = new Rulebook({ onRefused: (rule, shown) => refused.push([rule, shown.since]) });
  const ports = {
    now: () => clock.now,
    random: () => 0,
    afterTurn,
    refuse: (exchange: Exchange, status: 429 | 503) => refuseForNow(exchange, status, []),
  };
  const admission = new Admission(bounds, shares, ports, rules);
  const works: Work[] = [];
  const admit = admission.handler((exchange) => {
    return new Promise((resolve) => {
      const finish = (): void => {
        begin(exchange, 200, []);
        exchange.response.end(exchange.request.url ?? "");
        resolve();
      };
      works.push({ exchange, finish });
    });
  });
  const known: Handler = (exchange) => {
    const since = exchange.request.headers.authorization;
    if (since !== undefined) exchange.ticket = { ...ticket, since: Number(since) };
    if (exchange.request.headers["x-waited"] !== undefined) {
      exchange.place = { id: "A".repeat(22), lateMs: 0 };
    }
    return admit(exchange);
  };
  const server = new HttpServer(known, bounds, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  const url = (path: string): string => `http://127.0.0.1:${port}/${path}`;
  /** Asks, and resolves when the request waits. */
  const waits = async (path: string, headers = {}): Promise<{ answer: Promise<number> }> => {
    const before = admission.state().waiting;
    const answer = ask(url(path), { headers }).then(
      ({ status }) => status,
      () => 0,
    );
    await eventually("it waits", () => admission.state().waiting === before + 1);
    return { answer };
  };
  return {
    admission,
    rules,
    refused,
    works,
    clock,
    port,
    url,
    waits,
    counts: () => server.counts().traffic.metadata.newcomer.admissions,
  };
}

/** Lets the only place be taken. */
async function occupied(t: TestContext, limits: Partial<OriginLimits> = {}) {
  const server = await shielded(t, limits);
  ask(server.url("metadata/first")).catch(() => {}); // until the server stops
  await eventually("the first is worked on", () => server.works.length === 1);
  return server;
}

test("beyond the limit requests wait, and go on by ticket and its age", async (t) => {
  const { works, waits, counts } = await occupied(t);
  await waits("metadata/newcomer");
  await waits("metadata/young", { authorization: "2000" });
  await waits("metadata/old", { authorization: "1000" });
  for (let done = 0; done < 4; done++) {
    works[done]?.finish();
    await eventually("the next one goes on", () => works.length === Math.min(done + 2, 4));
  }
  const order = works.map(({ exchange }) => exchange.path?.path);
  assert.deepEqual(order, [
    "metadata/first",
    "metadata/old",
    "metadata/young",
    "metadata/newcomer",
  ]);
  assert.deepEqual([counts()["at-once"], counts().waited], [1, 1]);
});

test("newcomers go on as often as they are to", async (t) => {
  const { admission, works, waits } = await occupied(t);
  admission.setShares({ machinePercent: 100, newcomersPercent: 50 });
  for (const path of ["metadata/new-1", "metadata/new-2"]) await waits(path);
  for (const since of ["1000", "2000"]) {
    await waits(`metadata/known-${since}`, { authorization: since });
  }
  for (let done = 0; done < 5; done++) {
    works[done]?.finish();
    await eventually("the next one goes on", () => works.length === Math.min(done + 2, 5));
  }
  const order = works.map(({ exchange }) => exchange.path?.path.slice("metadata/".length));
  assert.deepEqual(order, ["first", "known-1000", "new-1", "known-2000", "new-2"]);
});

test("while the line is open all go on as they come, and it is not calm for that", async (t) => {
  const { admission, rules, works, waits, url } = await occupied(t);
  await waits("metadata/waiting");
  rules.setOpened([{ rule: "line", until: Date.now() + 60_000 }]);
  admission.tick(0);
  assert.equal(works.length, 2);
  for (const path of ["metadata/a", "metadata/b"]) ask(url(path)).catch(() => {});
  await eventually("they are worked on", () => works.length === 4);
  assert.equal(admission.isCalm(), false);
  rules.setOpened([]);
  await waits("metadata/waiting-again");
});

test("of whom a rule turned away those with tickets are told", async (t) => {
  const { admission, clock, refused, waits } = await occupied(t);
  await waits("metadata/newcomer");
  await waits("metadata/known", { authorization: "1000" });
  clock.now += defaultLimits.waitMs + 1;
  admission.tick(0);
  assert.deepEqual(refused, [["line", 1_000]]);
});

test("whoever waited too long is refused, and hears of it only later", async (t) => {
  const { admission, clock, waits, counts } = await occupied(t);
  const { answer } = await waits("metadata/late");
  clock.now = defaultLimits.waitMs + 1;
  admission.tick(0);
  assert.deepEqual({ ...admission.state(), limit: 0 }, { limit: 0, waiting: 0, held: 1 });
  clock.now += defaultLimits.heldMs.least - 1;
  admission.tick(0);
  assert.equal(admission.state().held, 1);
  clock.now += 1;
  admission.tick(0);
  assert.equal(await answer, 503);
  assert.equal(counts().busy, 1);
});

test("beyond the refusals that are held, connections are closed without an answer", async (t) => {
  const { admission, clock, waits, counts } = await occupied(t, { heldMax: 1 });
  const asked = [await waits("metadata/a"), await waits("metadata/b")];
  clock.now = defaultLimits.waitMs + 1;
  admission.tick(0);
  clock.now += defaultLimits.heldMs.most;
  admission.tick(0);
  assert.deepEqual(await Promise.all(asked.map(({ answer }) => answer)), [503, 0]);
  assert.equal(counts().dropped, 1);
});

test("the work of a client that has gone is not done", async (t) => {
  const { admission, works, port, counts } = await occupied(t);
  const socket = dial(port);
  socket.write(head("GET /metadata/gone HTTP/1.1"));
  await eventually("it waits", () => admission.state().waiting === 1);
  socket.resetAndDestroy();
  await eventually("it waits no more", () => admission.state().waiting === 0);
  works[0]?.finish();
  await eventually("the place is free", () => counts()["gave-up"] === 1);
  admission.tick(0);
  assert.equal(works.length, 1);
});

test("a place is free while only the client can go on, and the rest waits its turn", async (t) => {
  const { admission, works, waits } = await occupied(t);
  const newcomer = await waits("metadata/newcomer");
  works[0]?.exchange.slot?.free();
  await eventually("the newcomer goes on", () => works.length === 2);
  const known = await waits("metadata/known", { authorization: "1000" });
  let hasNext = false;
  const rest = works[0]?.exchange.slot?.take()?.then(() => (hasNext = true));
  assert.equal(admission.state().waiting, 2);
  works[1]?.finish();
  assert.equal(await newcomer.answer, 200);
  await eventually("the ticket holder goes before the rest", () => works.length === 3);
  assert.equal(hasNext, false);
  works[2]?.finish();
  assert.equal(await known.answer, 200);
  await rest;
  works[0]?.finish();
});

test("a long answer that waits for each of its blocks leaves nothing behind", async (t) => {
  const { works, url } = await shielded(t, { workAtOnceMax: 2 });
  const [rival, long] = ["metadata/rival", "targets/long"];
  ask(url(rival)).catch(() => {});
  ask(url(long)).catch(() => {});
  await eventually("both are worked on", () => works.length === 2);
  const [first, second] = works.map(({ exchange }) => exchange);
  const before = second?.response.listenerCount("close");
  for (let block = 0; block < 5; block++) {
    second?.slot?.free();
    await first?.slot?.take();
    const waits = second?.slot?.take();
    first?.slot?.free();
    await waits;
  }
  assert.equal(second?.response.listenerCount("close"), before);
});

test("it is calm until somebody is refused, and again a while after the last", async (t) => {
  const { admission, clock, waits } = await occupied(t);
  await waits("metadata/late");
  assert.equal(admission.isCalm(), true);
  clock.now = defaultLimits.waitMs + 1;
  admission.tick(0);
  assert.equal(admission.isCalm(), false);
  clock.now += defaultLimits.pressedMs;
  assert.equal(admission.isCalm(), true);
});

test("a stop answers what is held back", async (t) => {
  const { admission, clock, waits } = await occupied(t);
  const { answer } = await waits("metadata/late");
  clock.now = defaultLimits.waitMs + 1;
  admission.tick(0);
  admission.stop();
  assert.equal(await answer, 503);
});

test("a held connection that its client closed leaves its place when its time has come", async (t) => {
  const { admission, clock, port } = await occupied(t);
  const socket = dial(port);
  socket.write(head("GET /metadata/gone HTTP/1.1"));
  await eventually("it waits", () => admission.state().waiting === 1);
  clock.now = defaultLimits.waitMs + 1;
  admission.tick(0);
  assert.equal(admission.state().held, 1);
  socket.resetAndDestroy();
  await once(socket, "close");
  clock.now += defaultLimits.heldMs.most;
  admission.tick(0);
  assert.equal(admission.state().held, 0);
});

test("a connection whose refusal is held takes no place from others", async (t) => {
  const limits = { connectionsMax: 4, heldMs: { least: 1e9, most: 1e9 } };
  const { admission, clock, port, waits, works } = await occupied(t, limits);
  for (let at = 0; at < 12; at++) {
    dial(port).write(head(`GET /metadata/${at} HTTP/1.1`));
    await eventually("it waits", () => admission.state().waiting === 1);
    clock.now += defaultLimits.waitMs + 1;
    admission.tick(0);
    assert.equal(admission.state().held, at + 1);
  }
  const known = await waits("metadata/known", { authorization: "1" });
  works[0]?.finish();
  await eventually("it goes on", () => works.length === 2);
  works[1]?.finish();
  assert.equal(await known.answer, 200);
  assert.equal(admission.state().held, 12);
});

test("who waits and has to give its place to another is told so, late", async (t) => {
  const { admission, clock, url, waits, works } = await occupied(t, { connectionsMax: 4 });
  const newcomers: { answer: Promise<number> }[] = [];
  for (let at = 0; at < 3; at++) newcomers.push(await waits(`metadata/${at}`));
  const known = ask(url("metadata/known"), { headers: { authorization: "1" } });
  await eventually("one newcomer is refused for it", () => admission.state().held === 1);
  await eventually("it waits", () => admission.state().waiting === 3);
  works[0]?.finish();
  await eventually("it goes on", () => works.length === 2);
  works[1]?.finish();
  assert.equal((await known).status, 200);
  clock.now += defaultLimits.heldMs.most;
  admission.tick(0);
  assert.equal(await Promise.race(newcomers.map(({ answer }) => answer)), 503);
});

test("a refusal that was held is told also while others have taken all places", async (t) => {
  const limits = { connectionsMax: 4, heldMs: { least: 1, most: 1 } };
  const { admission, clock, waits } = await occupied(t, limits);
  const { answer } = await waits("metadata/late");
  clock.now += defaultLimits.waitMs + 1;
  admission.tick(0);
  assert.equal(admission.state().held, 1);
  for (let at = 0; at < 4; at++) await waits(`metadata/${at}`, { authorization: "1" });
  clock.now += 1;
  admission.tick(0);
  assert.equal(await answer, 503);
  assert.equal(admission.state().waiting, 4);
});

test("who has used up its share is refused while others have to wait, and told why, unless it has waited", async (t) => {
  const { admission, works, clock, waits, url, counts, refused } = await occupied(t, {
    shareBurstMs: 0,
  });
  works[0]?.finish(); // from now on its address owes
  const alone = ask(url("metadata/alone"));
  await eventually("nobody else waits: it has all", () => works.length === 2);
  const more = await waits("metadata/more");
  const known = await waits("metadata/known", { authorization: "1000" });
  const over = ask(url("metadata/over"));
  await eventually("it is refused", () => counts()["over-share"] === 1);
  const waited = await waits("metadata/waited", { "x-waited": "" });
  for (const at of [1, 2, 3, 4]) {
    await eventually("the next one goes on", () => works.length > at);
    works[at]?.finish();
  }
  const order = works.slice(2).map(({ exchange }) => exchange.path?.path);
  assert.deepEqual(order, ["metadata/known", "metadata/waited", "metadata/more"]);
  const statuses = [(await alone).status, await known.answer, await more.answer];
  assert.deepEqual([...statuses, await waited.answer], [200, 200, 200, 200]);
  const again = ask(url("metadata/again"), { headers: { authorization: "1000" } });
  await eventually("the ticket's share is used up, too", () => refused.length === 1);
  assert.deepEqual(refused, [["ticket-shares", 1_000]]);
  clock.now += defaultLimits.heldMs.least;
  admission.tick(0);
  assert.deepEqual([(await over).status, (await again).status], [429, 429]);
});

test("while others wait to be accepted a newcomer gets its part only, and a ticket holder all", async (t) => {
  const turns: (() => void)[] = [];
  const turn = (): void => {
    for (const then of turns.splice(0)) then();
  };
  const limits = { listeners: 2, workAtOnceMin: 5, workAtOnceMax: 5 };
  const { admission, works, waits, url } = await shielded(t, limits, (then) => turns.push(then));
  admission.noteAccepted();
  turn();
  ask(url("metadata/part")).catch(() => {});
  await eventually("a fifth of five places", () => works.length === 1);
  const newcomer = await waits("metadata/newcomer");
  ask(url("metadata/known"), { headers: { authorization: "1" } }).catch(() => {});
  await eventually("the ticket holder passes by", () => works.length === 2);
  assert.equal(admission.state().waiting, 1);
  turn();
  await eventually("nobody waits to be accepted", () => works.length === 3);
  for (const { finish } of works) finish();
  assert.equal(await newcomer.answer, 200);
});

test("slow readers with one ticket hold few places of ticket holders, until they have read", async (t) => {
  const { port, works, url } = await shielded(t, { workAtOnceMax: 256, shareAtOnce: 3 });
  const slow = Array.from({ length: 5 }, () => dial(port));
  for (const [at, socket] of slow.entries()) {
    socket.write(head("GET /metadata/slow HTTP/1.1", ["Authorization: 1000"]));
    await eventually("it is worked on", () => works.length === at + 1);
  }
  const standings = (): string[] => works.map(({ exchange }) => exchange.seat.standing);
  assert.deepEqual(standings(), ["known", "known", "known", "served", "served"]);
  for (const socket of slow) socket.destroy();
  const again = (): Promise<unknown> => {
    return ask(url("metadata/again"), { headers: { authorization: "1000" } });
  };
  for (const { finish } of works) finish();
  const answer = again();
  await eventually("it is worked on", () => works.length === 6);
  assert.equal(standings().at(-1), "known");
  works.at(-1)?.finish();
  await answer;
});
