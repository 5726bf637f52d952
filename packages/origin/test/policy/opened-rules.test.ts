import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TestAuthority } from "../support/certificate.ts";
import { get } from "../support/edged-origin.ts";
import { ask, askRaw, dial, head, statusOf } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, sleep, type TestOrigin, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { keysFile } from "../support/tickets.ts";

const timestamp = "metadata/timestamp.json";
const dropped = (reason: string): string => `connections_dropped_total{reason="${reason}"}`;

async function open(origin: TestOrigin, rule: string): Promise<void> {
  const { status } = await putPolicy(origin, { opened: [{ rule, until: inSeconds(600) }] });
  assert.equal(status, 200);
}

/** Opens three connections that say nothing, and tells whether one had to give its place away. */
async function isCrowded(origin: TestOrigin): Promise<boolean> {
  const before = await metricOf(origin, dropped("limit"));
  const accepted = await metricOf(origin, "connections_accepted_total");
  const sockets = [1, 2, 3].map(() => dial(origin.port));
  await eventually("they are accepted", async () => {
    return (await metricOf(origin, "connections_accepted_total")) === accepted + 3;
  });
  const resting = await metricOf(origin, "connections_resting");
  const isDropped = (await metricOf(origin, dropped("limit"))) > before;
  for (const socket of sockets) socket.destroy();
  await eventually("they are gone", async () => (await metricOf(origin, "connections")) === 0);
  return resting > 0 || isDropped;
}

const two = { connectionsMax: 2 };

test("while connections are open nobody has to give way, until it is closed", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0, limits: two });
  assert.equal(await isCrowded(origin), true);
  await open(origin, "connections");
  assert.equal(await isCrowded(origin), false);
  await putPolicy(origin, {});
  assert.equal(await isCrowded(origin), true);
  await open(origin, "all");
  assert.equal(await isCrowded(origin), false);
});

test("while connections are open those over TLS have no bound of their own", async (t) => {
  const { files } = new TestAuthority(t);
  const limits = { connectionsMax: 1, tlsConnectionsMax: 1 };
  const origin = await testOrigin(t, { adminPort: 0, tls: files, limits });
  await open(origin, "connections");
  await eventually("two are open at once", async () => {
    const sockets = [1, 2].map(() => {
      return connectTls({ host: "127.0.0.1", port: origin.port, rejectUnauthorized: false });
    });
    for (const socket of sockets) socket.on("error", () => {});
    await sleep(100);
    const isSo = (await metricOf(origin, "connections")) === 2;
    for (const socket of sockets) socket.destroy();
    return isSo;
  });
});

test("with the shield off it is as with all rules open, and what is retired stays so", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0, limits: two, shield: "off" });
  assert.equal(await isCrowded(origin), false);
  const retired = [{ host: "update.example.com", until: inSeconds(60) }];
  await putPolicy(origin, { retired });
  assert.equal(await isCrowded(origin), false);
  const headers = { Host: "update.example.com" };
  assert.equal((await ask(`${origin.url}${timestamp}`, { headers })).status, 503);
});

test("even opened, connections have a bound", async (t) => {
  const limits = { connectionsMax: 1, openedConnectionsMax: 2 };
  const origin = await testOrigin(t, { adminPort: 0, limits, shield: "off" });
  assert.equal(await isCrowded(origin), true);
});

test("an edge, which is a shield, too, is not started where there is none", async (t) => {
  await assert.rejects(testOrigin(t, { shield: "off", edge: "haproxy" }), {
    code: "USAGE_ARGUMENT",
  });
  const origin = await testOrigin(t, { shield: "off", edge: "auto" });
  assert.equal(origin.edge, undefined);
});

test("while slow readers are open they keep their connections", async (t) => {
  const limits = { sendGraceMs: 300, sendBytesPerSecondMin: 1024 * 1024 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  await open(origin, "slow-readers");
  const path = origin.repository.addTarget(Buffer.alloc(32 * 1024 * 1024, 1));
  const socket = dial(origin.port);
  t.after(() => socket.destroy());
  socket.write(head(`GET /${path} HTTP/1.1`));
  await once(socket, "readable");
  await sleep(2_500); // a grace and two sweeps
  assert.equal(await metricOf(origin, dropped("slow-reader")), 0);
  await putPolicy(origin, {});
  await eventually("it is dropped", async () => {
    return (await metricOf(origin, dropped("slow-reader"))) === 1;
  });
});

test("while entrances are open they take whoever comes", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const tickets = { keysFile: file, route: "web-1", entrances: [0] };
  const origin = await testOrigin(t, { adminPort: 0, tickets });
  const port = origin.entrances[0] ?? 0;
  const request = head(`GET /${timestamp} HTTP/1.1`, ["Connection: close"]);
  assert.equal(await askRaw(port, request), "");
  await open(origin, "entrances");
  await eventually("it is open", async () => statusOf(await askRaw(port, request)) === 200);
});

test("while handshakes are open, all may begin", async (t) => {
  const { files } = new TestAuthority(t);
  const limits = {
    handshakesPerSecondCalm: 0.001,
    handshakesPerAddressPerSecond: 0.001,
    handshakesPerNetworkPerSecond: 0.001,
  };
  const origin = await testOrigin(t, { adminPort: 0, tls: files, limits });
  const begins = (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const options = { host: "127.0.0.1", port: origin.port, rejectUnauthorized: false };
    const socket = connectTls(options, () => resolve(true));
    socket.on("error", () => resolve(false));
    return promise.finally(() => socket.destroy());
  };
  assert.deepEqual([await begins(), await begins()], [true, false]);
  await open(origin, "handshakes");
  assert.equal(await begins(), true);
});

test("while the puzzle is open a refused browser gets a page without work, and with shares open its file", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const few = { workAtOnceMin: 1, workAtOnceMax: 1, heldMs: { least: 0, most: 1 } };
  const limits = { ...few, contentionMs: 600_000, shareBurstMs: 0 };
  const origin = await testOrigin(t, { adminPort: 0, limits, tickets: { keysFile: file } });
  const url = `${origin.url}${timestamp}`;
  await eventually("others have to wait", async () => {
    await Promise.all(Array.from({ length: 20 }, () => get(url, "127.0.0.2")));
    const waited = 'admissions_total{class="metadata",client="newcomer",outcome="waited"}';
    return (await metricOf(origin, waited)) > 0;
  });
  const browse = (): ReturnType<typeof ask> => ask(url, { headers: { Accept: "text/html" } });
  const isRefused = async (): Promise<boolean> => (await browse()).status === 429;
  await eventually("it is over its share", isRefused);
  assert.match((await browse()).body.toString(), /<script>/);
  await open(origin, "puzzle");
  await eventually("it is over its share", isRefused);
  assert.doesNotMatch((await browse()).body.toString(), /<script>/);
  await open(origin, "address-shares");
  for (let round = 0; round < 20; round++) assert.equal((await browse()).status, 200);
});

test("/metrics tells which rules are open, until they end", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const areOpen = (...rules: readonly string[]) => {
    return Promise.all(rules.map((rule) => metricOf(origin, `shield_rule_open{rule="${rule}"}`)));
  };
  assert.deepEqual(await areOpen("line", "puzzle"), [0, 0]);
  await open(origin, "line");
  assert.deepEqual(await areOpen("line", "puzzle"), [1, 0]);
  await putPolicy(origin, { opened: [{ rule: "all", until: inSeconds(2) }] });
  assert.deepEqual(await areOpen("line", "puzzle"), [1, 1]);
  await eventually("it ends", async () => (await areOpen("line")).includes(0));
  const without = await testOrigin(t, { adminPort: 0, shield: "off" });
  assert.equal(await metricOf(without, 'shield_rule_open{rule="line"}'), 1);
});
