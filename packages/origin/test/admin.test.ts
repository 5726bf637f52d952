import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask } from "./support/http.ts";
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

test("the admin paths are not on the public port", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  for (const path of ["metrics", "healthz", "readyz"]) {
    assert.equal((await ask(new URL(path, origin.url))).status, 404);
  }
});
