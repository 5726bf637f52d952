import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import { edgeLimits } from "../../src/edge/edge-limits.ts";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import { EdgeMeter } from "../../src/edge-watch/edge-meter.ts";
import { type EdgeStats, readEdgeStats, statsCommand } from "../../src/edge-watch/edge-stats.ts";
import type { Recording } from "../../src/measures/recorder.ts";
import { edgedOrigin, get, inFront, timestamp } from "../support/edged-origin.ts";
import { missing, startHaproxy } from "../support/engines.ts";
import { ask, dial, head } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { noReader, readMetrics } from "../support/openmetrics.ts";
import { eventually } from "../support/origin.ts";
import { startSilentOrigin } from "../support/silent-origin.ts";

const names = "pxname,svname,qcur,scur,bout,dreq,econ,req_tot,conn_tot,dcon,dses";

/** HAProxy's table of one frontend and two backends. */
function table(frontend: string, backends: readonly string[]): string {
  const rows = backends.map((row, at) => `b${at},BACKEND,${row}`);
  const first = [`# ${names},`, `route,FRONTEND,${frontend},`, "b0,one,9,9,9,9,9,9,9,9,9,"];
  return [...first, ...rows, "", "# table: tickets_own, type: string, size:9, used:4"].join("\n");
}

test("HAProxy's statistics are read by their names, whatever else is there", () => {
  const csv = table(",3,700,20,,100,30,4,1", ["5,1,,,6,,,,", "7,1,,,8,,,,"]);
  assert.deepEqual(readEdgeStats(csv), {
    requests: 100,
    refused: { "over-share": 20, busy: 14 },
    sentBytes: 700,
    accepted: 30,
    dropped: 5,
    now: { open: 3, waiting: 12, ticketed: 4 },
  });
});

test("what is no such table is none", () => {
  for (const text of [
    "",
    "Unknown command",
    `# ${names}`,
    table(",3,x,20,,100,30,4,1", ["5,1,,,6"]),
    table(",3,-7,20,,100,30,4,1", ["5,1,,,6"]),
    table(",3,700,20,,100,30,4,1", ["5,1,,,6"]).replace("tickets_own", "others"),
  ]) {
    assert.equal(readEdgeStats(text), undefined, text);
  }
});

test("who waits at HAProxy in vain is told as refused, since nobody was free", {
  skip: missing("haproxy"),
}, async (t) => {
  const silent = await startSilentOrigin(t);
  const edge = await startHaproxy(t, { origins: [silent] });
  const sockets = Array.from({ length: edgeLimits.newcomerSlots + 7 }, () => dial(edge.port));
  for (const socket of sockets) socket.write(head(`GET /${timestamp} HTTP/1.1`));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await eventually("those without a slot are refused", async () => {
    const stats = readEdgeStats(await tellHaproxy(edge.control, statsCommand));
    return stats?.refused.busy === 7 && stats.requests === sockets.length;
  });
});

test("what one HAProxy did is kept when another one follows, which counts from nothing", async () => {
  let answer: string | undefined = table(",3,700,20,,100,30,4,1", ["5,1,,,6,,,,"]);
  const meter = new EdgeMeter(async () => {
    const stats = readEdgeStats(answer ?? "");
    if (stats === undefined) throw new HostError("HOST_IO", "nobody is there");
    return stats;
  });
  const next = async (): Promise<EdgeStats> => {
    await meter.update();
    return meter.stats();
  };
  assert.deepEqual((await next()).now, { open: 3, waiting: 5, ticketed: 4 });
  answer = undefined;
  const between = await next();
  assert.deepEqual([between.requests, between.now], [100, { open: 0, waiting: 0, ticketed: 0 }]);
  answer = table(",2,10,0,,200,40,0,0", ["0,1,,,1,,,,"]);
  const after = await next();
  assert.deepEqual([after.requests, after.refused], [300, { "over-share": 20, busy: 7 }]);
  assert.deepEqual([after.sentBytes, after.now.open], [710, 2]);
  answer = table(",2,20,0,,201,41,0,0", ["0,1,,,1,,,,"]);
  assert.equal((await next()).requests, 301);
});

test("what HAProxy refuses is told beside what the origin is asked for", {
  skip: missing("haproxy") || noReader(),
}, async (t) => {
  const origin = await edgedOrigin(t);
  await inFront(origin);
  for (let request = 0; request < 5; request++) await get(`${origin.url}${timestamp}`);
  const idle = dial(origin.port);
  t.after(() => idle.destroy());
  await eventually("it is told", async () => (await metricOf(origin, "edge_requests_total")) >= 5);
  await eventually("who is there", async () => (await metricOf(origin, "edge_connections")) >= 1);
  const told = async (): Promise<Recording> => {
    return JSON.parse((await ask(`${origin.adminUrl}/seconds`)).body.toString()) as Recording;
  };
  await eventually("so it is by the second", async () => {
    const seconds = (await told()).seconds.map(({ edge }) => edge?.requests ?? 0);
    return seconds.reduce((sum, requests) => sum + requests, 0) >= 5;
  });
  const [last] = (await told()).seconds.slice(-1);
  assert.deepEqual(last?.edge?.refused, { "over-share": 0, busy: 0 });
  const text = (await ask(`${origin.adminUrl}/metrics`)).body.toString();
  const families = readMetrics(text).filter(({ name }) => name.startsWith("causeway_origin_edge_"));
  assert.equal(families.length, 10);
});
