import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { NoRouteDelivered } from "@causeway/kernel";
import { signedAtField } from "@causeway/trust";
import { day, utc } from "../../trust/test/support/test-repository.ts";
import { reportClock } from "../src/metadata/clock-report.ts";
import { refreshState } from "../src/metadata/refresh.ts";
import type { Files } from "./support/faulty-route.ts";
import { noise, now, portsIn2030, startRoutes, startRun, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { permutations } from "./support/permutations.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

const year = 365 * day;
const vendor = new Vendor();
/** The vendor's files after signing at `at` as the publisher does: for three days. */
function filesOf(version: string, at: number): Files {
  vendor.repository.timestamp[signedAtField] = utc(at);
  vendor.repository.timestamp.expires = utc(at + 3 * day);
  vendor.release(version, noise(1_000, 1));
  return vendor.files();
}
const old = filesOf("1.0", now - 30 * day);
const files = filesOf("1.1", now - day);
const newest = vendor.repository.timestamp.version;

interface RouteOf {
  readonly files: Files;
  readonly wall: number | undefined;
}
const honest: RouteOf = { files, wall: now };
/** Has what was out a month ago, and says that this is now. */
const frozen: RouteOf = { files: old, wall: now - 29 * day };

async function refreshAt(
  local: number,
  ...routes: readonly RouteOf[]
): Promise<{ readonly state: number | undefined; readonly skew: number | null; trusted: boolean }> {
  await using fleet = await startRoutes(
    routes.map(() => "honest"),
    files,
  );
  for (const [at, route] of routes.entries()) {
    Object.assign(fleet.servers[at] ?? {}, { files: route.files, wall: () => route.wall });
  }
  const clock = { ...ports.clock, wall: () => local };
  const run = await startRun({ ...ports, clock }, new MemoryStore(), vendor.trust, fleet.urls);
  const time = await refreshState({ ...run, now: local });
  for (const [at, { files: carried }] of routes.entries()) {
    const expected = carried === files ? "ok" : "stale";
    assert.equal(
      run.routes.all[at]?.state,
      expected,
      "what only looked expired is no fault of a route",
    );
  }
  const { skewSeconds: skew, trusted } = reportClock(time);
  return { state: run.state.set.versions().get("timestamp"), skew, trusted };
}

suite("the newest state comes in, and a frozen route that lies about the time is found", () => {
  for (const offset of [0, -20 * year, 20 * year]) {
    for (const order of permutations([0, 1, 2])) {
      const routes = order.map((at) => [honest, honest, frozen][at] ?? honest);
      test(`clock off by ${offset / year} years, routes ${order.join(", ")}`, async () => {
        const { state, skew, trusted } = await refreshAt(now + offset, ...routes);
        assert.deepEqual({ state, trusted }, { state: newest, trusted: offset === 0 });
        if (offset !== 0) assert.ok(Math.abs((skew ?? 0) - offset / 1000) < 5, `${skew}`);
      });
    }
  }
});

test("with one route, a clock that is decades off keeps nobody from the patch", async () => {
  for (const local of [now - 20 * year, now + 20 * year]) {
    assert.equal((await refreshAt(local, honest)).state, newest);
  }
});

test("a clock that is a month ahead is corrected when two hosts say so", async () => {
  const { state, trusted } = await refreshAt(now + 40 * day, honest, honest);
  assert.deepEqual({ state, trusted }, { state: newest, trusted: false });
  await assert.rejects(refreshAt(now + 40 * day, honest), NoRouteDelivered);
});

test("a frozen route that lies about the time, alone, does not get stale metadata in", async () => {
  await assert.rejects(refreshAt(now, frozen), /routes? failed/);
});

test("frozen routes that agree on a lie are outdone by one host that agrees with the clock", async () => {
  const silent: RouteOf = { files: { get: () => undefined }, wall: now };
  await assert.rejects(refreshAt(now, frozen, frozen, silent), NoRouteDelivered);
});

test("hosts that agree on a later time keep stale metadata out of a machine that is behind", async () => {
  const late: RouteOf = { files: { get: () => undefined }, wall: now };
  await assert.rejects(refreshAt(now - 27 * day - 3_600_000, frozen, late, late), NoRouteDelivered);
});

test("routes that lie about a later time keep nobody from what an honest one has", async () => {
  const liar: RouteOf = { files: old, wall: now + year };
  assert.equal((await refreshAt(now, liar, liar, liar, honest)).state, newest);
});

test("they keep nobody from it whose clock is some hours off, either", async () => {
  const liar: RouteOf = { files, wall: now + 10 * year };
  for (const local of [now - 5 * 3_600_000, now + 5 * 3_600_000]) {
    const { state, trusted } = await refreshAt(local, liar, liar, honest);
    assert.deepEqual({ state, trusted }, { state: newest, trusted: true });
  }
});
