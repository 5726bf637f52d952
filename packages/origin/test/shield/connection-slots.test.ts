import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionSlots, type Seat } from "../../src/shield/connection-slots.ts";
import { ask, dial, head } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { noise } from "../support/repository.ts";

interface Named extends Seat {
  readonly name: string;
}

const patience = {
  headerTimeFreshMs: 100,
  headerTimePressedMs: 1_000,
  sendGracePressedMs: 3_000,
};

function seat(name: string, part: Partial<Seat> = {}): Named {
  const none = { stalledMs: 0, owesRequestMs: () => 0 };
  return { name, standing: "waiting", busy: true, network: name, ...none, ...part };
}

/** The names in the order in which they give way. */
function order(seats: readonly Named[]): readonly string[] {
  const slots = new ConnectionSlots<Named>(patience);
  for (const each of seats) slots.add(each);
  const gone: string[] = [];
  for (let next = slots.whoGivesWay(0); next !== undefined; next = slots.whoGivesWay(0)) {
    gone.push(next.name);
    slots.delete(next);
  }
  return gone;
}

test("who is idle or says nothing gives way before newcomers, ticket holders last", () => {
  const gone = order([
    seat("known at work", { standing: "known" }),
    seat("known and idle", { standing: "known", busy: false, owesRequestMs: () => 9_000 }),
    seat("served", { standing: "served" }),
    seat("new", { standing: "unheard", busy: false, owesRequestMs: () => 900 }),
    seat("just come", { standing: "unheard", busy: false, owesRequestMs: () => 100 }),
    seat("waiting"),
    seat("who has waited", { standing: "waited" }),
    seat("who had waited", { standing: "waited", busy: false, owesRequestMs: () => 5 }),
    seat("idle", { standing: "served", busy: false, owesRequestMs: () => 10 }),
    seat("silent", { standing: "unheard", busy: false, owesRequestMs: () => 1_001 }),
  ]);
  assert.deepEqual(gone.slice(0, 3).toSorted(), ["idle", "silent", "who had waited"]);
  assert.deepEqual(gone.slice(3, 6), ["new", "waiting", "served"]);
  assert.deepEqual(gone.slice(6, 8), ["known and idle", "who has waited"]);
  assert.deepEqual(gone.slice(8), ["just come", "known at work"]);
});

test("of the network that has most of them one gives way, until it has no more than others", () => {
  const few = ["a", "b"].map((name) => seat(name, { network: "few" }));
  const many = ["c", "d", "e", "f"].map((name) => seat(name, { network: "many" }));
  const gone = order([...few, ...many]);
  assert.deepEqual(gone.slice(0, 2), ["c", "d"]);
});

test("a ticket that holds many places gives way like a newcomer, until it has those of one machine", () => {
  const ofTicket = (sub: string, count: number, part: Partial<Seat> = {}): readonly Named[] => {
    const ticket = { sub };
    return Array.from({ length: count }, (_, at) => {
      return seat(sub, { standing: "known", network: `${sub} ${at}`, ticket, ...part });
    });
  };
  const fresh = seat("new", { standing: "unheard", busy: false, owesRequestMs: () => 101 });
  const gone = order([
    ...ofTicket("idle", 20, { busy: false }),
    ...ofTicket("at work", 19),
    ...ofTicket("fleet", 20, { ticket: { sub: "fleet", fleet: 2 } }),
    fresh,
  ]);
  const first = [...Array<string>(4).fill("idle"), ...Array<string>(3).fill("at work"), "new"];
  assert.deepEqual(gone.slice(0, 8), first);
  assert.deepEqual(gone.slice(8, 24), Array<string>(16).fill("idle"));
});

test("who takes nothing of its answer gives way before newcomers, and before other ticket holders", () => {
  const gone = order([
    seat("known that reads", { standing: "known", stalledMs: 3_000 }),
    seat("known", { standing: "known", stalledMs: 3_001 }),
    seat("new", { standing: "unheard", busy: false, owesRequestMs: () => 101 }),
    seat("reads", { standing: "served", stalledMs: 3_000 }),
    seat("who has waited and reads", { standing: "waited" }),
    seat("who has waited", { standing: "waited", stalledMs: 3_001 }),
    seat("does not", { standing: "served", stalledMs: 3_001 }),
  ]);
  assert.deepEqual(gone.slice(0, 2).toSorted(), ["does not", "who has waited"]);
  assert.deepEqual(gone.slice(2, 4), ["new", "reads"]);
  assert.deepEqual(gone.slice(4).toSorted(), [
    "known",
    "known that reads",
    "who has waited and reads",
  ]);
  assert.equal(gone.at(-1), "known that reads");
});

test("of those who say nothing the one goes first that has been silent for longest", () => {
  const silent = [3_000, 9_000, 5_000].map((ms) => {
    return seat(String(ms), {
      network: "one",
      standing: "unheard",
      busy: false,
      owesRequestMs: () => ms,
    });
  });
  assert.deepEqual(order(silent), ["9000", "5000", "3000"]);
});

test("whoever left is counted for its network no more", () => {
  const slots = new ConnectionSlots<Named>(patience);
  const [a, b, c] = [seat("a", { network: "x" }), seat("b", { network: "x" }), seat("c")];
  for (const each of [a, b, c]) slots.add(each);
  assert.equal(slots.whoGivesWay(0), a);
  slots.delete(a);
  slots.delete(a);
  assert.equal(slots.size, 2);
  slots.add(seat("d", { network: "c" }));
  assert.equal(slots.whoGivesWay(0), c);
});

test("only who may go is taken", () => {
  const slots = new ConnectionSlots<Named>(patience);
  slots.add(seat("a", { busy: false }));
  const b = seat("b", { standing: "known" });
  slots.add(b);
  assert.equal(
    slots.whoGivesWay(0, ({ name }) => name === "b"),
    b,
  );
  assert.equal(
    slots.whoGivesWay(0, () => false),
    undefined,
  );
});

test("when all places are taken whoever comes is heard, and one of the idle gives way", async (t) => {
  const origin = await testOrigin(t, {
    limits: { connectionsMax: 8, openedConnectionsMax: 8 },
    adminPort: 0,
  });
  const idle = Array.from({ length: 8 }, () => dial(origin.port));
  for (const socket of idle)
    socket.write("GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually("they are idle", () => idle.every((socket) => socket.bytesRead > 0));
  for (let round = 0; round < 4; round++) {
    assert.equal((await ask(new URL("metadata/timestamp.json", origin.url))).status, 200);
  }
  const dropped = await metricOf(origin, 'connections_dropped_total{reason="limit"}');
  assert.ok(dropped >= 1 && dropped <= 4, String(dropped));
});

test("an answer under way is cut for nobody while others only wait", async (t) => {
  const origin = await testOrigin(t, { limits: { connectionsMax: 8 } });
  const bytes = noise(30_000_000);
  const path = origin.repository.addTarget(bytes);
  const slow = dial(origin.port);
  slow.write(head(`GET /${path} HTTP/1.1`));
  let received = 0;
  slow.on("data", (chunk: Buffer) => (received += chunk.length));
  await eventually("it has begun", () => received > 0);
  slow.pause();
  for (let round = 0; round < 40; round++) dial(origin.port);
  await eventually("others are served", async () => {
    const url = new URL("metadata/timestamp.json", origin.url);
    return (await ask(url).catch(() => undefined))?.status === 200;
  });
  slow.resume();
  await eventually("all of it has come", () => received > bytes.length);
});
