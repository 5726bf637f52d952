import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyQuantile } from "../../src/watch/latency-quantile.ts";
import type { Moment } from "../../src/watch/moment.ts";
import {
  formatAmount,
  formatLatency,
  formatRate,
  formatReasons,
} from "../../src/watch/number-words.ts";
import { OriginFeed } from "../../src/watch/origin-feed.ts";
import { sparkline } from "../../src/watch/sparkline.ts";
import { jsonOf, lineOf } from "../../src/watch/told.ts";
import { viewOf } from "../../src/watch/view.ts";
import type { Watched } from "../../src/watch/watched.ts";
import { moment, recorded } from "../support/recordings.ts";

const plain = (_style: unknown, text: string): string => text;
const wide = { columns: 80, rows: 24 };

const busy: Partial<Moment> = {
  requests: new Map([
    ["metadata", 800],
    ["patch", 400],
    ["beacon", 0],
  ]),
  ticketed: 900,
  refused: new Map([
    ["busy", 30],
    ["over-share", 5],
    ["gave-up", 0],
  ]),
  sentBytes: 12_300_000,
  latency: { ticketed: [90, 10, 0], newcomer: [0, 0, 5] },
  limit: 100,
  waiting: 7,
  held: 3,
  badTickets: 2,
  open: 85,
  accepted: 12,
  sources: 310,
};

function feedOf(moments: readonly Moment[], tick: number): OriginFeed {
  const feed = new OriginFeed();
  const networks = new Map([
    ["192.0.2.0/24", 3_100],
    ["2001:db8::/48", 40],
  ]);
  feed.answered(recorded(moments, { sources: 1_234, networks }), tick);
  return feed;
}

function watched(feeds: Readonly<Record<string, OriginFeed>>, tick = 50): Watched {
  return { feeds: new Map(Object.entries(feeds)), tick, now: 1_900_000_000_000 };
}

const one = (): Watched => {
  const quiet = Array.from({ length: 19 }, (_, at) => moment(at + 1));
  return watched({ "http://127.0.0.1:9100/": feedOf([...quiet, moment(20, busy)], 50) });
};

test("the view tells what an operator needs, on a terminal of 80 by 24", () => {
  const rows = viewOf(one(), wide, plain);
  const [head = "", ...rest] = rows;
  assert.equal(head, "causeway watch, 17:46:40 UTC, http://127.0.0.1:9100/");
  const row = (name: string): string => rest.find((each) => each.startsWith(name)) ?? name;
  assert.match(
    row("requests/s"),
    /^requests\/s {4} {4,}▁{19}█ {6}1,200 {2}75 % ticketed, 2\.0\/s bad$/,
  );
  assert.match(row("  metadata"), /▁{19}█ +800$/);
  assert.match(row("  patch"), / +400$/);
  assert.ok(!rest.some((each) => each.startsWith("  beacon")), "nobody asked for it");
  assert.match(row("refused/s"), / 35 {2}busy 30, over-share 5\.0$/);
  assert.match(row("sent/s"), / 12\.3 MB$/);
  assert.match(row("p99 ticketed"), / 9\.1 ms$/);
  assert.match(row("p99 newcomer"), / over 0\.01 s$/);
  assert.match(row("waiting"), / 7 {2}limit 100, held back 3$/);
  assert.match(row("connections"), / 85 {2}12 new\/s$/);
  assert.match(row("sources"), / 310 {2}1,234 in a minute$/);
  assert.ok(rest.includes("        3,100 192.0.2.0/24"));
});

test("it fits, however narrow and low the terminal is and however many are watched", () => {
  const many: Record<string, OriginFeed> = {};
  for (let each = 0; each < 64; each++) {
    const feed = feedOf([moment(1, busy)], 50);
    if (each > 60) feed.failed("nothing listens there", 50);
    many[`http://127.0.0.1:${9100 + each}/`] = feed;
  }
  for (const seen of [one(), watched(many)]) {
    for (const [columns, rows] of [
      [200, 60],
      [80, 24],
      [40, 20],
      [20, 10],
    ] as const) {
      const view = viewOf(seen, { columns, rows }, plain);
      assert.ok(view.length < rows, `${view.length} rows of ${rows}`);
      if (columns < 80) continue;
      for (const row of view) assert.ok(row.length <= columns, `${row.length}: ${row}`);
    }
  }
  const view = viewOf(watched(many), wide, plain);
  assert.equal(view[0], "causeway watch, 17:46:40 UTC, 64 origins");
  const listed = view.filter((row) => row.startsWith("http://"));
  assert.match(
    listed[0] ?? "",
    /^http:\/\/127\.0\.0\.1:9161\/ nothing listens there; again in 1 s$/,
  );
  assert.match(listed[3] ?? "", /9100\/ 1,200 requests\/s, 35 refused\/s, 7 waiting$/);
});

test("a rule that refuses good tickets is told for a minute, and what to do", () => {
  const alarms = new Map([
    ["ticket-shares", 1],
    ["line", 0],
  ]);
  const feed = feedOf([moment(1, { ...busy, alarms }), moment(2, busy)], 50);
  const view = viewOf(watched({ "http://a/": feed }, 108), wide, plain);
  const alarm = "ALARM: ticket-shares refuses good tickets (causeway policy open ticket-shares)";
  assert.equal(view[1], alarm);
  assert.ok(alarm.length <= 80);
  const soon = watched({ "http://a/": feed }, 108);
  assert.match(lineOf(soon), /; ALARM: ticket-shares refuses good tickets$/);
  assert.deepEqual((jsonOf(soon) as { readonly alarms: unknown }).alarms, ["ticket-shares"]);
  const later = viewOf(watched({ "http://a/": feed }, 109), wide, plain);
  assert.ok(!later.some((row) => row.startsWith("ALARM")));
});

test("what comes to an HAProxy in front has a row of its own", () => {
  const edged = feedOf([moment(1, { ...busy, atEdge: 9_000 })], 50);
  const seen = watched({ "http://a/": edged, "http://b/": feedOf([moment(1, busy)], 50) });
  const row = viewOf(seen, wide, plain).find((each) => each.startsWith("at HAProxy/s"));
  assert.match(row ?? "", / █ +9,000$/);
  assert.equal((jsonOf(seen) as Readonly<Record<string, unknown>>)["atEdgePerSecond"], 9_000);
  assert.ok(!viewOf(one(), wide, plain).some((each) => each.startsWith("at HAProxy/s")));
});

test("several origins are added up, each by its own seconds", () => {
  const slow = moment(3, { seconds: 2, requests: new Map([["patch", 100]]), open: 1 });
  const fast = moment(9, { seconds: 1, requests: new Map([["patch", 30]]), open: 2 });
  const feeds = { "http://a/": feedOf([slow], 50), "http://b/": feedOf([fast], 49) };
  const told = jsonOf(watched(feeds)) as Readonly<Record<string, unknown>>;
  assert.deepEqual(told["requestsPerSecond"], { patch: 80 });
  assert.equal(told["connections"], 3);
  assert.deepEqual(told["networks"], [
    { network: "192.0.2.0/24", requests: 6_200 },
    { network: "2001:db8::/48", requests: 80 },
  ]);
});

test("an origin that fell silent counts no more, and is said to be", () => {
  const silent = feedOf([moment(1, busy)], 40);
  silent.failed("it did not answer in 4 s", 45);
  const told = jsonOf(watched({ "http://a/": silent }, 46)) as Readonly<Record<string, unknown>>;
  assert.deepEqual(told["requestsPerSecond"], {});
  assert.equal(told["ticketedShare"], null);
  assert.deepEqual(told["origins"], [
    {
      url: "http://a/",
      ok: false,
      error: { message: "it did not answer in 4 s", retrySeconds: 0 },
    },
  ]);
});

test("a line tells the same to who reads a log", () => {
  assert.equal(
    lineOf(one()),
    "17:46:40 UTC: 1,200 requests/s (75 % with a ticket); 35 refused/s (busy 30, over-share 5.0); " +
      "12.3 MB/s sent; p99 9.1 ms ticketed, over 0.01 s newcomer; 7 waiting, limit 100; " +
      "85 connections; 310 sources",
  );
});

test("JSON tells a latency beyond the last bound as that bound, and one that is unknown as null", () => {
  const told = jsonOf(one()) as { readonly p99Seconds: unknown };
  assert.deepEqual(told.p99Seconds, { ticketed: 0.0091, newcomer: 0.01 });
  const none = watched({ "http://a/": feedOf([moment(1)], 50) });
  assert.deepEqual((jsonOf(none) as { readonly p99Seconds: unknown }).p99Seconds, {
    ticketed: null,
    newcomer: null,
  });
});

test("a quantile lies within its bucket", () => {
  const bounds = [1, 2, 4];
  assert.equal(latencyQuantile(bounds, [0, 0, 0, 0], 0.99), undefined);
  assert.equal(latencyQuantile(bounds, [4, 0, 0, 0], 0.5), 0.5);
  assert.equal(latencyQuantile(bounds, [1, 0, 1, 0], 1), 4);
  assert.equal(latencyQuantile(bounds, [1, 0, 0, 1], 0.5), 1);
  assert.equal(latencyQuantile(bounds, [1, 0, 0, 1], 0.99), Number.POSITIVE_INFINITY);
});

test("a sparkline is as high as its highest, and shows what is not nothing", () => {
  assert.equal(sparkline([0, 1, 500, 1_000, undefined]), "▁▂▅█ ");
  assert.equal(sparkline([0, 0]), "▁▁");
  assert.equal(sparkline([0.5, Number.POSITIVE_INFINITY]), "██");
  assert.equal(sparkline([]), "");
});

test("numbers are told as people read them", () => {
  assert.deepEqual([0, 0.44, 9.94, 9.96, 12_345.6].map(formatRate), [
    "0",
    "0.4",
    "9.9",
    "10",
    "12,346",
  ]);
  assert.deepEqual([0, 1, 12_345].map(formatAmount), ["0", "1", "12,345"]);
  const latencies = [undefined, 0.0004, 0.0099, 0.0351, 0.9999, 1.25, Number.POSITIVE_INFINITY];
  const told = latencies.map((seconds) => formatLatency(seconds, 10));
  assert.deepEqual(told, ["-", "0.4 ms", "9.9 ms", "35 ms", "1.0 s", "1.3 s", "over 10 s"]);
  assert.equal(
    formatReasons(
      new Map([
        ["a", 0],
        ["b", 1],
        ["c", 20],
      ]),
    ),
    "c 20, b 1.0",
  );
});
