import assert from "node:assert/strict";
import { test } from "node:test";
import { type Group, loopbackAddress } from "../../bench/shield/addresses.ts";
import { checkFloodJob, type FloodJob } from "../../bench/shield/flood-job.ts";
import { checkVisitJob, type VisitJob } from "../../bench/shield/visit-job.ts";
import { runWrk } from "../../bench/shield/wrk.ts";

const load = { port: 80, path: "/", connections: 1, seconds: 1, closing: false };

test("wrk is started at no other machine", async () => {
  const elsewhere = [
    { ...load, path: "@192.0.2.1/" },
    { ...load, path: ".example/" },
    { ...load, port: Number.NaN },
    { ...load, port: 0.5 },
    { ...load, port: 65_536 },
  ];
  for (const each of elsewhere) await assert.rejects(runWrk(each), /no port, or no path/);
});

test("wrk is bounded in connections and time", async () => {
  const tooMuch = [
    { ...load, connections: 1_001 },
    { ...load, seconds: 61 },
    { ...load, connections: Number.NaN },
  ];
  for (const each of tooMuch) await assert.rejects(runWrk(each), /too much load/);
});

test("every address that asks is loopback, and no two groups share one or a network", () => {
  const networks = new Map<string, Group>();
  for (const group of ["ticketed", "newcomers", "browsers", "flood"] as const) {
    for (let machine = 0; machine < 70_000; machine += 7) {
      const [first, ...rest] = loopbackAddress(group, machine).split(".");
      assert.equal(first, "127");
      assert.ok(rest.length === 3 && rest.every((byte) => Number(byte) >= 0 && Number(byte) < 256));
      const network = rest.slice(0, 2).join(".");
      assert.equal(networks.get(network) ?? group, group);
      networks.set(network, group);
    }
  }
});

const flood: FloodJob = {
  ports: [80],
  kind: "root",
  connections: 1,
  perSecond: 1,
  seconds: 1,
  sources: 1,
  paths: { patch: "/p", large: "/l" },
  passes: { bogus: [], stolen: "" },
};

test("a flood is bounded in connections, rate and time", () => {
  assert.equal(checkFloodJob(flood), flood);
  const tooMuch: readonly Partial<FloodJob>[] = [
    { connections: 12_001 },
    { perSecond: 200_001 },
    { seconds: 151 },
    { seconds: Number.NaN },
    { ports: [] },
    { ports: [80, 65_536] },
    { kind: "syn" as never },
    { sources: 0 },
    { sources: 49_153 },
  ];
  for (const each of tooMuch) assert.throws(() => checkFloodJob({ ...flood, ...each }));
});

const visits: VisitJob = {
  port: 80,
  perSecond: {
    ticketed: 1,
    "ticketed, flooding address": 1,
    newcomer: 1,
    "newcomer, flooding address": 1,
    browser: 1,
  },
  passes: [],
  patch: { path: "/p", length: 1 },
  retriesMax: 0,
  seconds: 1,
  sources: 1,
};

test("visitors are bounded in rate, time and retries", () => {
  assert.equal(checkVisitJob(visits), visits);
  const tooMuch: readonly Partial<VisitJob>[] = [
    { perSecond: { ...visits.perSecond, ticketed: 998 } },
    { perSecond: { ...visits.perSecond, ticketed: Number.NaN } },
    { seconds: 151 },
    { retriesMax: 4 },
    { port: 0.5 },
    { passes: [{ header: "", ports: [0] }] },
  ];
  for (const each of tooMuch) assert.throws(() => checkVisitJob({ ...visits, ...each }));
});
