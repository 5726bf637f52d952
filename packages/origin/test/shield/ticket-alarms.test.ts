import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { LogEntry } from "../../src/log.ts";
import { issueTicket, type Ticket } from "../../src/shield/ticket.ts";
import { TicketAlarms } from "../../src/shield/ticket-alarms.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TicketTally } from "../../src/shield/ticket-tally.ts";
import { askRaw, dial, head } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { keysFile, ticket } from "../support/tickets.ts";

const bounds = {
  alarmWindowMs: 10_000,
  alarmPercent: 2,
  alarmMachines: 3,
  alarmQuietMs: 60_000,
};

function ringing() {
  const tally = new TicketTally([1, 2]);
  const logged: LogEntry[] = [];
  const alarms = new TicketAlarms(bounds, tally, (entry) => logged.push(entry));
  const machine = (each: number): Ticket => ({ ...ticket, sub: `machine-${each}` });
  /** So many machines show tickets, and the line turns away the first of them, each ten times. */
  const show = (of: number, refused: number): void => {
    for (let each = 0; each < of; each++) tally.noteShown(machine(each));
    for (let times = 0; times < 10; times++) {
      for (let each = 0; each < refused; each++) tally.noteRefused("line", machine(each));
    }
  };
  return { tally, alarms, logged, show };
}

test("it rings when a rule turns away more than a small part of the machines with tickets", () => {
  const { alarms, logged, show } = ringing();
  show(1_000, 10);
  alarms.endWindow(0);
  assert.deepEqual(logged, []);
  show(1_000, 40);
  alarms.endWindow(10_000);
  assert.equal(alarms.counts().line, 1);
  const [{ level, event, fields } = {} as LogEntry] = logged;
  assert.deepEqual([level, event, fields["rule"]], ["warn", "rule-refuses-tickets", "line"]);
  assert.ok(Math.abs(Number(fields["machines"]) - 40) <= 3, String(fields["machines"]));
  assert.ok(Math.abs(Number(fields["of"]) - 1_000) <= 50, String(fields["of"]));
  assert.match(String(fields["next"]), /^causeway policy open line --for 1h/);
});

test("while it goes on it is told once a minute, and counted each time", () => {
  const { alarms, logged, show } = ringing();
  for (let window = 0; window < 13; window++) {
    show(10, 10);
    alarms.endWindow(window * 10_000);
  }
  assert.deepEqual([alarms.counts().line, logged.length], [13, 3]);
  alarms.endWindow(999_000);
  assert.equal(alarms.counts().line, 13, "a window in which nothing was refused");
});

test("a stolen ticket is one machine however often it is shown, and a visit is none", () => {
  const { tally, alarms, logged } = ringing();
  for (let each = 0; each < 1_000; each++) {
    const visit: Ticket = { ...ticket, sub: `visit-${each}`, forVisit: true };
    for (const shown of [ticket, visit]) {
      tally.noteShown(shown);
      tally.noteRefused("ticket-shares", shown);
    }
  }
  alarms.endWindow(0);
  assert.deepEqual([logged, alarms.counts()["ticket-shares"]], [[], 0]);
});

test("an origin rings for its entrances and for slow readers", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const [key] = (await readTicketKeys(file)) ?? [];
  assert.ok(key);
  const limits = { alarmWindowMs: 300, sendGraceMs: 300, sendBytesPerSecondMin: 1024 * 1024 };
  const tickets = { keysFile: file, route: "web-1", entrances: [0] };
  const origin = await testOrigin(t, { adminPort: 0, limits, tickets });
  const now = Math.floor(Date.now() / 1000);
  const shows = (sub: string): string => {
    const token = issueTicket({ aud: "web-1", sub, since: now, exp: now + 600 }, key);
    return `Authorization: Bearer ${token}`;
  };
  const rings = (rule: string) => (): Promise<boolean> => {
    return metricOf(origin, `shield_alarms_total{rule="${rule}"}`).then((times) => times > 0);
  };
  const entrance = origin.entrances[0] ?? 0;
  await eventually("the entrances ring", async () => {
    const request = (sub: string): string => head("GET / HTTP/1.1", [shows(sub)]);
    await Promise.all(["a", "b", "c", "d"].map((sub) => askRaw(entrance, request(sub))));
    return rings("entrances")();
  });

  const path = origin.repository.addTarget(Buffer.alloc(32 * 1024 * 1024, 1));
  for (const sub of ["a", "b", "c"]) {
    const socket = dial(origin.port);
    t.after(() => socket.destroy());
    socket.write(head(`GET /${path} HTTP/1.1`, [shows(sub)]));
    await once(socket, "readable");
  }
  await eventually("slow readers ring", rings("slow-readers"));
  const told = origin.logged.filter(({ event }) => event === "rule-refuses-tickets");
  assert.deepEqual(
    told.map(({ fields }) => fields["rule"]),
    ["entrances", "slow-readers"],
  );
});
