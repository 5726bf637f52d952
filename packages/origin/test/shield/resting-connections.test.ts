import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { TLSSocket } from "node:tls";
import { Connection } from "../../src/connection.ts";
import { zeroCounts } from "../../src/counters.ts";
import { defaultLimits } from "../../src/limits.ts";
import { type Restable, RestingConnections } from "../../src/shield/resting-connections.ts";
import { ask, dial, statusOf } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";

class Named implements Restable {
  readonly name: string;
  listens = true;

  constructor(name: string) {
    this.name = name;
  }

  rest(): void {
    this.listens = false;
  }

  listen(): void {
    this.listens = true;
  }
}

function three(): readonly Named[] {
  return ["a", "b", "c"].map((name) => new Named(name));
}

function listening(all: readonly Named[]): string {
  return all.flatMap(({ name, listens }) => (listens ? [name] : [])).join("");
}

test("those that rest are listened to by turns, and each comes to its turn", () => {
  const resting = new RestingConnections<Named>(1);
  const all = three();
  for (const each of all) resting.add(each);
  assert.equal(listening(all), "");
  const turns: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    resting.nextTurn();
    turns.push(listening(all));
  }
  assert.deepEqual(turns, ["a", "b", "c", "a", "b", "c"]);
  assert.equal(resting.size, 3);
});

test("where all can be listened to at once they are, without a break", () => {
  const resting = new RestingConnections<Named>(4);
  const all = three();
  for (const each of all) resting.add(each);
  for (let turn = 0; turn < 3; turn++) {
    resting.nextTurn();
    assert.equal(listening(all), "abc");
  }
});

test("whoever is taken out is listened to, once, and has no turn any more", () => {
  const resting = new RestingConnections<Named>(1);
  const all = three();
  const [a, b, c] = all;
  if (a === undefined || b === undefined || c === undefined) throw new Error("three");
  for (const each of all) resting.add(each);
  resting.nextTurn();
  assert.equal(resting.delete(a), true);
  assert.equal(resting.delete(c), true);
  assert.equal(listening(all), "ac");
  assert.equal(resting.delete(c), false);
  resting.nextTurn();
  resting.nextTurn();
  assert.equal(listening(all), "abc");
  assert.equal(resting.size, 1);
});

test("when nobody has to rest any more all are listened to, and none has a turn", () => {
  const resting = new RestingConnections<Named>(1);
  const all = three();
  for (const each of all) resting.add(each);
  resting.nextTurn();
  assert.equal(resting.wakeAll().length, 3);
  assert.equal(resting.size, 0);
  resting.nextTurn();
  assert.equal(listening(all), "abc");
});

test("who is busy, or came over TLS, does not rest", () => {
  const connectionOver = (socket: Socket): Connection => {
    return new Connection(socket, defaultLimits, zeroCounts().traffic.other.newcomer);
  };
  const plain = connectionOver(new Socket());
  assert.equal(plain.mayRest, true);
  plain.take(() => {}); // it is never done
  assert.equal(plain.mayRest, false);
  const secure = connectionOver(new TLSSocket(new Socket()));
  secure.standing = "served";
  assert.equal(secure.mayRest, false);
});

test("a connection whose refusal was held, and that finds no place then, rests", () => {
  const socket = new Socket();
  const connection = new Connection(socket, defaultLimits, zeroCounts().traffic.other.newcomer);
  connection.onHeld = (isHeld) => {
    if (!isHeld) connection.rest();
  };
  connection.hold();
  assert.equal(socket.isPaused(), true);
  connection.release();
  assert.equal(socket.isPaused(), true);
});

test("idle clients beyond the places are sent away for nobody, and each is heard when it asks again", async (t) => {
  const limits = { connectionsMax: 4, openedConnectionsMax: 40, listeningTurnMax: 2 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const timestamp = "GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\n\r\n";
  const clients: Socket[] = [];
  const askOver = async (client: Socket, request: string): Promise<number> => {
    client.write(request);
    const [chunk] = (await once(client, "data")) as [Buffer];
    return statusOf(chunk.toString("latin1"));
  };
  for (let come = 0; come < 20; come++) {
    const client = dial(origin.port);
    clients.push(client);
    assert.equal(await askOver(client, timestamp), 200);
  }
  for (const client of clients.toReversed()) assert.equal(await askOver(client, timestamp), 200);
  // Those that Node reads, too.
  const head = timestamp.replace("GET", "HEAD");
  for (const client of clients) assert.equal(await askOver(client, head), 200);
  for (const client of clients) assert.equal(await askOver(client, head), 200);
  assert.equal(await metricOf(origin, 'connections_dropped_total{reason="limit"}'), 0);
  for (const client of clients.slice(5)) client.destroy();
  await eventually("those that left are gone", async () => {
    return (await metricOf(origin, "connections")) === 5;
  });
  for (const client of clients.slice(0, 5)) {
    assert.equal(await askOver(client, timestamp), 200);
    client.destroy();
  }
});

test("beyond what a process bears, idle clients are sent away", async (t) => {
  const limits = { connectionsMax: 4, openedConnectionsMax: 8 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const clients: Socket[] = [];
  for (let come = 0; come < 12; come++) {
    const client = dial(origin.port);
    clients.push(client);
    client.write("GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(client, "data");
  }
  assert.equal((await ask(new URL("metadata/timestamp.json", origin.url))).status, 200);
  const dropped = await metricOf(origin, 'connections_dropped_total{reason="limit"}');
  assert.ok(dropped >= 4, `${dropped}`);
  for (const client of clients) client.destroy();
});
