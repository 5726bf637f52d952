import assert from "node:assert/strict";
import { test } from "node:test";
import { addCounts, zeroCounts } from "../../src/counters.ts";
import { latencyBounds, latencyBucket } from "../../src/measures/latency.ts";
import { openMetricsText } from "../../src/openmetrics.ts";
import { rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { ask, askRaw, head } from "../support/http.ts";
import { noReader, type ReadMetric, readMetrics, valueOf } from "../support/openmetrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { noise } from "../support/repository.ts";
import { keysFile } from "../support/tickets.ts";

const skip = noReader();
const p = "causeway_origin";

test("Prometheus' own reader finds what was asked by whom, and what became of it", {
  skip,
}, async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const origin = await testOrigin(t, { adminPort: 0, tickets: { keysFile: file } });
  const patch = origin.repository.addTarget(noise(300_000));
  const timestamp = new URL("metadata/timestamp.json", origin.url);
  const token = String((await ask(timestamp)).headers["causeway-ticket"]);
  const headers = { Authorization: `Bearer ${token}` };
  await ask(timestamp, { headers });
  await ask(new URL(patch, origin.url), { headers });
  await ask(new URL(patch, origin.url), { headers: { Authorization: "Bearer no.ticket.really" } });
  await ask(new URL("security/none", origin.url));
  await askRaw(origin.port, "what is this?\r\n\r\n");
  await askRaw(origin.port, head("DELETE /targets/x HTTP/1.1"));
  const metrics = readMetrics((await ask(`${origin.adminUrl}/metrics`)).body.toString());
  const requests = (name: string, client: string, status: number): number | undefined => {
    const labels = { class: name, client, status: String(status) };
    return valueOf(metrics, `${p}_requests_total`, labels);
  };
  assert.equal(requests("metadata", "newcomer", 200), 1);
  assert.equal(requests("metadata", "ticketed", 200), 1);
  assert.equal(requests("patch", "ticketed", 200), 1);
  assert.equal(requests("patch", "newcomer", 200), 1);
  assert.equal(requests("page", "newcomer", 404), 1);
  assert.equal(requests("other", "newcomer", 400), 1);
  assert.equal(requests("other", "newcomer", 405), 1);
  for (const client of ["ticketed", "newcomer"]) {
    const labels = { class: "patch", client };
    const sent = valueOf(metrics, `${p}_sent_bytes_total`, labels) ?? 0;
    assert.ok(sent > 300_000 && sent < 301_500, `${client}: ${sent}`);
    assert.equal(valueOf(metrics, `${p}_latency_seconds_count`, labels), 1);
  }
  const refused = { class: "page", client: "newcomer" };
  assert.equal(valueOf(metrics, `${p}_latency_seconds_count`, refused), 0);
  assert.equal(valueOf(metrics, `${p}_tickets_given_total`, { kind: "first" }), 1);
  assert.equal(valueOf(metrics, `${p}_tickets_given_total`, { kind: "renewed" }), 1);
  assert.equal(valueOf(metrics, `${p}_tickets_shown_total`, { verdict: "good" }), 2);
  assert.equal(valueOf(metrics, `${p}_tickets_shown_total`, { verdict: "form" }), 1);
  assert.deepEqual(kindOf(metrics, `${p}_latency_seconds`), { type: "histogram", unit: "seconds" });
  assert.deepEqual(kindOf(metrics, `${p}_sent_bytes`), { type: "counter", unit: "bytes" });
});

function kindOf(
  metrics: readonly ReadMetric[],
  name: string,
): Pick<ReadMetric, "type" | "unit"> | undefined {
  const found = metrics.find((metric) => metric.name === name);
  return found && { type: found.type, unit: found.unit };
}

test("a long answer's bytes are counted while they go, and for who asked for it", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const patch = origin.repository.addTarget(noise(20_000_000));
  await ask(new URL("metadata/timestamp.json", origin.url));
  const response = await fetch(new URL(patch, origin.url));
  const sent = async (): Promise<number> => {
    const text = (await ask(`${origin.adminUrl}/metrics`)).body.toString();
    const found = /sent_bytes_total\{class="patch",client="newcomer"\} (\d+)\n/.exec(text);
    return Number(found?.[1]);
  };
  await eventually("some of it is counted", async () => (await sent()) > 64 * 1024);
  assert.ok((await sent()) < 20_000_000);
  await response.body?.cancel();
});

test("what workers counted is added, however deep it stands", () => {
  const [a, b] = [zeroCounts(), zeroCounts()];
  a.traffic.patch.ticketed.answers[206] = 3;
  b.traffic.patch.ticketed.answers[206] = 4;
  b.traffic.patch.ticketed.latency[2] = 5;
  a.tickets.bad.key = 6;
  b.now.open = 7;
  const sum = addCounts(a, b);
  const expected = zeroCounts();
  expected.traffic.patch.ticketed.answers[206] = 7;
  expected.traffic.patch.ticketed.latency[2] = 5;
  expected.tickets.bad.key = 6;
  expected.now.open = 7;
  assert.deepEqual(sum, expected);
});

test("a latency falls into the first bucket whose bound it does not pass", () => {
  for (const [at, bound] of latencyBounds.entries()) {
    assert.equal(latencyBucket(bound), at);
    assert.equal(latencyBucket(bound * 1.001), at + 1);
  }
  assert.equal(latencyBucket(0), 0);
  assert.equal(latencyBucket(Number.MAX_VALUE), latencyBounds.length);
});

test("no label can end its own quotes", { skip }, () => {
  const labels = { prefix: 'a"b\\c\nd} 7' };
  const help = "A test.";
  const family = { name: "x", type: "gauge", help, samples: [{ labels, value: 1.5 }] } as const;
  const [metric] = readMetrics(openMetricsText([family]));
  assert.deepEqual(metric?.samples, [{ name: "x", labels, value: 1.5 }]);
});
