import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { ask, askRaw, statusOf } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";

test("the admin port says alive, ready, and what was served, in OpenMetrics", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  await ask(new URL("metadata/timestamp.json", origin.url));
  await ask(new URL("nothing", origin.url));
  assert.equal((await ask(`${origin.adminUrl}/healthz`)).status, 200);
  assert.equal((await ask(`${origin.adminUrl}/readyz`)).status, 200);
  assert.equal((await ask(`${origin.adminUrl}/other`)).status, 404);
  const { headers, body } = await ask(`${origin.adminUrl}/metrics`);
  assert.match(headers["content-type"] ?? "", /^application\/openmetrics-text; version=1\.0\.0/);
  const text = body.toString();
  const served = 'class="metadata",client="newcomer"';
  assert.ok(text.includes(`causeway_origin_requests_total{${served},status="200"} 1\n`));
  assert.match(text, /requests_total\{class="other",client="newcomer",status="404"\} 1\n/);
  assert.match(text, new RegExp(`causeway_origin_sent_bytes_total{${served}} [1-9]\\d+\\n`));
  assert.ok(text.includes(`causeway_origin_latency_seconds_count{${served}} 1\n`));
  assert.ok(text.endsWith("\n# EOF\n"));
});

test("an origin without a timestamp is alive and not ready", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  rmSync(join(origin.repository.tree, "metadata", "timestamp.json"));
  assert.equal((await ask(`${origin.adminUrl}/healthz`)).status, 200);
  assert.equal((await ask(`${origin.adminUrl}/readyz`)).status, 503);
});

test("no web page reads the admin port, not even by a name that leads to this machine", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  for (const path of ["healthz", "readyz", "metrics", "seconds", "policy", "other"]) {
    const url = `${origin.adminUrl}/${path}`;
    assert.equal((await ask(url, { headers: { Host: "rebound.example" } })).status, 403, path);
    assert.equal((await ask(url, { headers: { Origin: "null" } })).status, 403, path);
  }
});

test("the admin port is on no other address, and nothing said to the public port leads there", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const { port, host } = new URL(origin.adminUrl ?? "");
  const other = connect({ port: Number(port), host: "127.0.0.2" });
  await assert.rejects(once(other, "connect"), { code: "ECONNREFUSED" });
  const lines = [
    "GET /metrics",
    "GET /targets/../metrics",
    `GET http://${host}/metrics`,
    `CONNECT ${host}`,
    "PUT /policy",
    "GET /policy",
    "GET /metadata/%2e%2e/policy",
  ];
  for (const line of lines) {
    const text = [`${line} HTTP/1.1`, `Host: ${host}`, "Connection: close", "", ""].join("\r\n");
    const answer = await askRaw(origin.port, text + text);
    assert.ok([404, 405].includes(statusOf(answer)), `${line}: ${answer}`);
    assert.doesNotMatch(answer, /causeway_origin|inForce/);
  }
});

test("the admin paths are not on the public port", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  for (const path of ["metrics", "healthz", "readyz"]) {
    assert.equal((await ask(new URL(path, origin.url))).status, 404);
  }
});
