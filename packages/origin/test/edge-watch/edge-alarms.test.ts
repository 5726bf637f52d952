import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import { edgeLimits } from "../../src/edge/edge-limits.ts";
import { refusedRing } from "../../src/edge/edge-names.ts";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import { EdgeAlarms } from "../../src/edge-watch/edge-alarms.ts";
import { refusedCommand, refusedMachines } from "../../src/edge-watch/refused-machines.ts";
import type { LogEntry } from "../../src/log.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { edgedOrigin, timestamp } from "../support/edged-origin.ts";
import { missing, startHaproxy } from "../support/engines.ts";
import { ask, dial, head } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually } from "../support/origin.ts";
import { startSilentOrigin } from "../support/silent-origin.ts";
import { keysFile } from "../support/tickets.ts";
import { bearer, claims, key, tokenOf } from "../support/tokens.ts";

const skip = missing("haproxy");
const table = "# table: tickets_own, type: string, size:262144, used:50";

test("machines are counted, by rule, of the time that is asked for, and nothing else", () => {
  const lines = [
    "99 sQ - old",
    "100 sQ - a",
    "101 sQ - a",
    "101 sQ - b",
    "102 -- 1 c",
    "102 CQ - d",
  ];
  const other = [
    "",
    "junk",
    "103 sQ - not a name",
    "# table: near_own, type: ipv6, size:9, used:7",
  ];
  assert.deepEqual(refusedMachines([...lines, ...other, table].join("\n"), 100), [
    { rule: "line", machines: 2, of: 50 },
    { rule: "ticket-shares", machines: 1, of: 50 },
  ]);
  assert.deepEqual(refusedMachines("Unknown command", 0), []);
});

test("it rings for what HAProxy turned away in the last minute, and not while none is there", async () => {
  const logged: LogEntry[] = [];
  const lines = ["1000 sQ - a", "1000 sQ - b", "1000 sQ - c", table];
  let told: string | undefined = lines.join("\n");
  let seconds = 1_010;
  const alarms = new EdgeAlarms(
    { alarmWindowMs: 10_000, alarmPercent: 2, alarmMachines: 3, alarmQuietMs: 60_000 },
    {
      ask: async () => {
        if (told === undefined) throw new HostError("HOST_IO", "nobody is there");
        return told;
      },
      log: (entry) => logged.push(entry),
      now: () => seconds * 1_000,
    },
  );
  await alarms.look(0);
  assert.equal(alarms.counts().line, 1);
  const next = "causeway policy open line --for 1h, if they are no flood";
  assert.deepEqual(logged[0]?.fields, { rule: "line", machines: 3, of: 50, next, at: "HAProxy" });
  told = undefined;
  await alarms.look(10_000);
  assert.equal(alarms.counts().line, 1);
  told = lines.join("\n");
  seconds = 1_061;
  await alarms.look(20_000);
  assert.equal(alarms.counts().line, 1);
});

test("HAProxy tells of each machine with a good ticket that waits in vain, and of nobody else", {
  skip,
}, async (t) => {
  const silent = await startSilentOrigin(t);
  const edge = await startHaproxy(t, { origins: [silent], keys: [key] });
  const tokens = Array.from({ length: edgeLimits.ticketedSlots + 4 }, (_, at) => {
    return tokenOf(claims({ sub: `machine-${at}` }));
  });
  for (const token of [...tokens, "none", "none", "none"]) {
    const socket = dial(edge.port);
    t.after(() => socket.destroy());
    socket.write(head(`GET /${timestamp} HTTP/1.1`, [`Authorization: Bearer ${token}`]));
  }
  await eventually("they are told", async () => {
    const told = refusedMachines(await tellHaproxy(edge.control, refusedCommand), 0);
    const [line] = told;
    return told.length === 1 && line?.machines === 4 && line.of === tokens.length;
  });
});

test("an alarm of HAProxy is told as the origin's own", { skip }, async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const [own] = (await readTicketKeys(file)) ?? [];
  assert.ok(own !== undefined);
  const origin = await edgedOrigin(t, {
    tickets: { keysFile: file, route: "primary" },
    limits: { alarmWindowMs: 100, alarmMachines: 1 },
  });
  const alarms = 'shield_alarms_total{rule="ticket-shares"}';
  const headers = bearer(tokenOf(claims(), { key: own }));
  for (let asked = 0; asked < edgeLimits.ticketShare; asked++) {
    await ask(`${origin.url}${timestamp}`, { headers });
  }
  assert.equal(await metricOf(origin, alarms), 0);
  const kept = await tellHaproxy(origin.edge?.control ?? "", `show events ${refusedRing}`);
  assert.equal(kept, "", "who is served takes no room");
  await ask(`${origin.url}${timestamp}`, { headers });
  await eventually("it rings", async () => (await metricOf(origin, alarms)) > 0);
});
