import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../../test/support/listening.ts";
import { edgeLimits } from "../../src/edge/edge-limits.ts";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import { lookAtEdge } from "../../src/edge-watch/look-at-edge.ts";
import { watchEdge } from "../../src/edge-watch/watch-edge.ts";
import type { LogEntry } from "../../src/log.ts";
import { controlSocket } from "../support/control-socket.ts";
import { timestamp } from "../support/edged-origin.ts";
import { missing, startHaproxy, type TestHaproxy } from "../support/engines.ts";
import { ask, dial, head } from "../support/http.ts";
import { noReader, readMetrics, valueOf } from "../support/openmetrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { startSilentOrigin } from "../support/silent-origin.ts";
import { bearer, claims, key, tokenOf } from "../support/tokens.ts";

const skip = missing("haproxy");

/** Follows what is at that socket until the test ends. */
async function watching(t: TestContext, control: string) {
  const logged: LogEntry[] = [];
  const bounds = { alarmWindowMs: 100 };
  const edge = await watchEdge({
    control,
    adminPort: 0,
    bounds,
    log: (entry) => logged.push(entry),
  });
  t.after(() => edge.close());
  const { adminUrl } = edge;
  assert.ok(adminUrl !== undefined);
  const ready = async (): Promise<boolean> => (await ask(`${adminUrl}/readyz`)).status === 200;
  const metric = async (sample: string): Promise<number> => {
    const text = (await ask(`${adminUrl}/metrics`)).body.toString();
    const line = text.split("\n").find((each) => each.startsWith(`causeway_edge_${sample} `));
    return Number(line?.split(" ")[1]);
  };
  return { adminUrl, logged, ready, metric };
}

/** So many machines with tickets find all slots taken, and wait in vain. */
function waitInVain(t: TestContext, edge: TestHaproxy, machines: number): void {
  for (let each = 0; each < edgeLimits.ticketedSlots + machines; each++) {
    const socket = dial(edge.port);
    t.after(() => socket.destroy());
    const token = tokenOf(claims({ sub: `machine-${each}` }));
    socket.write(head(`GET /${timestamp} HTTP/1.1`, [`Authorization: Bearer ${token}`]));
  }
}

test("it rings for real tickets that any HAProxy of ours refuses, and says what opens it there", {
  skip,
}, async (t) => {
  const edge = await startHaproxy(t, { origins: [await startSilentOrigin(t)], keys: [key] });
  const { logged, metric } = await watching(t, edge.control);
  assert.equal(await metric('alarms_total{rule="line"}'), 0);
  waitInVain(t, edge, 4);
  await eventually("it rings", async () => (await metric('alarms_total{rule="line"}')) > 0);
  const alarm = logged.find(({ event }) => event === "rule-refuses-tickets");
  const { rule, at, next } = alarm?.fields ?? {};
  assert.deepEqual([alarm?.level, rule, at], ["warn", "line", "HAProxy"]);
  const command = `causeway edge change --control ${edge.control} --open line --for 1h`;
  assert.equal(next, `${command}, if they are no flood`);
  await eventually("one look tells the same", async () => {
    const { refused, ticketsRefused } = await lookAtEdge(edge.control);
    const of = edgeLimits.ticketedSlots + 4;
    assert.deepEqual(ticketsRefused, [{ rule: "line", machines: 4, of, alarm: true }]);
    return refused.busy === 4;
  });
});

test("machines that came to its peers are none of its own", { skip }, async (t) => {
  const origins = [await startSilentOrigin(t)];
  const names = ["edge-1", "edge-2"];
  const peers = await Promise.all(
    names.map(async (name) => ({ name, endpoint: { host: "127.0.0.1", port: await freePort() } })),
  );
  const [one, other] = await Promise.all(
    names.map((name) => startHaproxy(t, { origins, keys: [key], name, peers })),
  );
  assert.ok(one !== undefined && other !== undefined);
  waitInVain(t, one, 3);
  await eventually("its peer knows them, and has none", async () => {
    const tables = await tellHaproxy(other.control, "show table");
    const of = edgeLimits.ticketedSlots + 3;
    if (!new RegExp(`tickets_edge-1,.* used:${of}$`, "m").test(tables)) return false;
    const looks = await Promise.all([one, other].map(({ control }) => lookAtEdge(control)));
    assert.deepEqual(
      looks.map(({ ticketedMachines }) => ticketedMachines),
      [of, 0],
    );
    return true;
  });
});

test("two machines that are refused are no alarm", { skip }, async (t) => {
  const edge = await startHaproxy(t, { origins: [await startSilentOrigin(t)], keys: [key] });
  const { logged, metric } = await watching(t, edge.control);
  waitInVain(t, edge, 2);
  const busy = 'requests_refused_total{reason="busy"}';
  await eventually("they are refused", async () => (await metric(busy)) >= 2);
  assert.equal(await metric(busy), 2);
  const [line] = (await lookAtEdge(edge.control)).ticketsRefused;
  assert.deepEqual([line?.machines, line?.alarm], [2, false]);
  assert.equal(await metric('alarms_total{rule="line"}'), 0);
  assert.ok(logged.every(({ event }) => event !== "rule-refuses-tickets"));
});

test("its figures are those of an origin's own HAProxy, and outlive a restart of it", {
  skip: skip || noReader(),
}, async (t) => {
  const { port } = await testOrigin(t);
  const edge = await startHaproxy(t, { origins: [{ host: "127.0.0.1", port }], keys: [key] });
  const { adminUrl, metric, ready } = await watching(t, edge.control);
  const get = () => ask(`${edge.url}${timestamp}`, { headers: bearer(tokenOf(claims())) });
  for (let request = 0; request < 5; request++) await get();
  await eventually("it is told", async () => (await metric("requests_total")) >= 5);
  assert.equal(await ready(), true);
  const families = readMetrics((await ask(`${adminUrl}/metrics`)).body.toString());
  assert.equal(families.length, 10);
  assert.equal(valueOf(families, "causeway_edge_answers"), 1);
  assert.equal((await ask(`${adminUrl}/healthz`)).status, 200);
  assert.equal((await ask(`${adminUrl}/seconds`)).status, 404);
  const fromPage = await ask(`${adminUrl}/metrics`, { headers: { Origin: "null" } });
  assert.equal(fromPage.status, 403);

  edge.process.kill("SIGKILL");
  await once(edge.process, "exit");
  await eventually("it is missed", async () => !(await ready()));
  assert.deepEqual([await metric("answers"), await metric("connections")], [0, 0]);
  const before = await metric("requests_total");
  const config = join(edge.folder, "haproxy.cfg");
  const next = spawn("haproxy", ["-db", "-f", config], { stdio: "ignore" });
  t.after(() => next.kill("SIGKILL"));
  await eventually("the next one is found", ready);
  await get();
  await eventually("both are counted", async () => (await metric("requests_total")) > before);
});

test("what is no HAProxy rings nothing, and is told of", async (t) => {
  const control = await controlSocket(t, (socket) => {
    socket.end(`# pxname,svname\n${"x".repeat(100_000)}\n\u001b[2J\n`);
  });
  const { logged, ready, metric } = await watching(t, control);
  await eventually("it is told", () => logged.length > 0);
  const why = `what answers at ${control} is no HAProxy of ours.`;
  assert.deepEqual(logged, [{ level: "error", event: "edge-silent", fields: { control, why } }]);
  assert.deepEqual([await ready(), await metric('alarms_total{rule="line"}')], [false, 0]);
  await assert.rejects(lookAtEdge(control), { code: "HOST_IO", message: why });
});
