import assert from "node:assert/strict";
import { test } from "node:test";
import { type Counters, type Counts, zeroCounts } from "../../src/counters.ts";
import { type EdgeStats, noEdgeStats } from "../../src/edge-watch/edge-stats.ts";
import { latencyBounds } from "../../src/measures/latency.ts";
import { Recorder, type Recording, secondsKept } from "../../src/measures/recorder.ts";
import type { SourceReport } from "../../src/measures/source-meter.ts";
import { SourceMeter } from "../../src/measures/source-meter.ts";
import { ask } from "../support/http.ts";
import { noReader, readMetrics, valueOf } from "../support/openmetrics.ts";
import { eventually, type TestOrigin, testOrigin } from "../support/origin.ts";

interface Recorded {
  readonly recorder: Recorder;
  readonly counts: Counters;
  readonly sources: SourceReport[];
  /** Lets so much time pass, and ends a second. */
  readonly tick: (ms?: number) => void;
}

function recorded(): Recorded {
  const clock = { wall: 1_900_000_000_500, steady: 40 };
  const counts = zeroCounts();
  const sources: SourceReport[] = [];
  const recorder = new Recorder({
    report: () => ({ counts: structuredClone(counts) as Counts, sources: sources.splice(0) }),
    wall: () => clock.wall,
    steady: () => clock.steady,
  });
  const tick = (ms = 1_000): void => {
    clock.wall += ms;
    clock.steady += ms;
    recorder.tick();
  };
  return { recorder, counts, sources, tick };
}

test("each second tells what came in it, and not what came before", () => {
  const { recorder, counts, sources, tick } = recorded();
  const meter = new SourceMeter([1, 2]);
  counts.traffic.patch.ticketed.received = 5;
  counts.traffic.patch.ticketed.sentBytes = 100;
  counts.traffic.patch.newcomer.sentBytes = 11;
  counts.traffic.metadata.newcomer.latency[3] = 2;
  counts.traffic.page.newcomer.latency[3] = 1;
  counts.traffic.page.newcomer.admissions.busy = 4;
  counts.traffic.other.newcomer.admissions.busy = 1;
  counts.tickets.first = 1;
  counts.tickets.bad.key = 2;
  counts.tickets.bad.form = 1;
  counts.policyRefusals.retired = 8;
  counts.drops.limit = 3;
  counts.alarms.line = 2;
  counts.now.open = 9;
  counts.now.admission.limit = 50;
  meter.count("192.0.2.1");
  meter.count("198.51.100.1");
  sources.push(meter.report());
  tick(1_250);
  counts.traffic.patch.ticketed.received = 6;
  counts.now.open = 7;
  tick();
  const [first, second, ...others] = recorder.since(0).seconds;
  assert.equal(others.length, 0);
  assert.deepEqual([first?.n, first?.at, first?.ms], [1, 1_900_000_001, 1_250]);
  assert.deepEqual([second?.n, second?.at, second?.ms], [2, 1_900_000_002, 1_000]);
  assert.deepEqual(first?.requests.patch, { ticketed: 5, newcomer: 0 });
  assert.deepEqual(second?.requests.patch, { ticketed: 1, newcomer: 0 });
  assert.deepEqual([first?.sentBytes.patch, second?.sentBytes.patch], [111, 0]);
  assert.deepEqual([first?.latency.newcomer[3], second?.latency.newcomer[3]], [3, 0]);
  assert.equal(first?.latency.ticketed.length, latencyBounds.length + 1);
  assert.equal(first?.admissions.newcomer.busy, 5);
  assert.equal(first?.alarms.line, 2);
  assert.deepEqual(first?.refusedByPolicy, { retired: 8, draining: 0 });
  assert.deepEqual(first?.tickets, { given: 1, good: 0, bad: 3 });
  assert.deepEqual([first?.connections.dropped.limit, first?.connections.open], [3, 9]);
  assert.deepEqual([second?.connections.dropped.limit, second?.connections.open], [0, 7]);
  assert.deepEqual([first?.shield.limit, second?.shield.limit], [50, 50]);
  assert.deepEqual([first?.sources, second?.sources], [2, 0]);
  const { lastMinute, started, version } = recorder.since(0);
  assert.deepEqual([version, started, lastMinute.sources], [1, 1_900_000_000, 2]);
  assert.deepEqual(lastMinute.networks[0], { network: "192.0.2.0/24", requests: 1 });
});

test("each second tells what came to an HAProxy in front in it, too", () => {
  const stats = (requests: number, busy: number, open: number): EdgeStats => {
    const refused = { "over-share": 0, busy };
    return { ...noEdgeStats, requests, refused, now: { open, waiting: 1, ticketed: 0 } };
  };
  const told = [stats(10, 2, 3), undefined, stats(25, 3, 4)];
  const recorder = new Recorder({
    report: () => {
      const edge = told.shift();
      return { counts: zeroCounts(), sources: [], ...(edge && { edge }) };
    },
    wall: () => 0,
    steady: () => 0,
  });
  for (let second = 0; second < 3; second++) recorder.tick();
  const edges = recorder.since(0).seconds.map(({ edge }) => {
    return edge && [edge.requests, edge.refused.busy, edge.connections.open, edge.waiting];
  });
  assert.deepEqual(edges, [[10, 2, 3, 1], undefined, [15, 1, 4, 1]]);
});

test("ten minutes are kept and no more, and who has seen some gets the rest", () => {
  const { recorder, tick } = recorded();
  for (let second = 0; second < secondsKept + 50; second++) tick();
  const numbers = (since: number): readonly number[] => {
    return recorder.since(since).seconds.map(({ n }) => n);
  };
  assert.equal(numbers(0).length, secondsKept);
  assert.deepEqual([numbers(0)[0], numbers(0).at(-1)], [51, secondsKept + 50]);
  assert.deepEqual(numbers(secondsKept + 48), [secondsKept + 49, secondsKept + 50]);
  assert.deepEqual(numbers(secondsKept + 50), []);
  assert.ok(JSON.stringify(recorder.since(0)).length < 1_000_000);
});

async function recording({ adminUrl }: TestOrigin, query = ""): Promise<Recording> {
  const { status, headers, body } = await ask(`${adminUrl}/seconds${query}`);
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "application/json");
  return JSON.parse(body.toString()) as Recording;
}

for (const workers of [1, 2]) {
  test(`the admin port tells what ${workers} of this origin's workers did each second`, async (t) => {
    const origin = await testOrigin(t, { adminPort: 0, workers });
    const url = new URL("metadata/timestamp.json", origin.url);
    for (let request = 0; request < 20; request++) await ask(url);
    const asked = ({ seconds }: Recording): number => {
      return seconds.reduce((sum, { requests }) => sum + requests.metadata.newcomer, 0);
    };
    await eventually("all is told", async () => asked(await recording(origin)) === 20);
    const { seconds, lastMinute } = await recording(origin);
    assert.equal(lastMinute.sources, 1);
    assert.deepEqual(lastMinute.networks, [{ network: "127.0.0.0/24", requests: 20 }]);
    assert.deepEqual(
      seconds.map(({ n }) => n),
      seconds.map((_, at) => at + 1),
    );
    const last = seconds.at(-1)?.n ?? 0;
    const rest = await recording(origin, `?since=${last - 1}`);
    assert.equal(rest.seconds[0]?.n, last);
    for (const query of [
      "?since=",
      "?since=-1",
      "?since=1e3",
      `?since=${"9".repeat(16)}`,
      "?n=1",
    ]) {
      assert.equal((await ask(`${origin.adminUrl}/seconds${query}`)).status, 404, query);
    }
    assert.equal((await ask(new URL("seconds", origin.url))).status, 404);
  });
}

test("metrics tell how many ask, and which networks most", { skip: noReader() }, async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  for (let request = 0; request < 3; request++) await ask(origin.url);
  const read = async (): Promise<ReturnType<typeof readMetrics>> => {
    return readMetrics((await ask(`${origin.adminUrl}/metrics`)).body.toString());
  };
  const value = async (name: string, labels: Readonly<Record<string, string>>) => {
    return valueOf(await read(), `causeway_origin_${name}`, labels);
  };
  await eventually("it is told", async () => (await value("sources", { during: "run" })) === 1);
  assert.equal(await value("sources", { during: "minute" }), 1);
  assert.equal(await value("network_requests", { network: "127.0.0.0/24" }), 3);
});
