import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:http";
import { test } from "node:test";
import { ask, dial, untilClosed } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { noise } from "../support/repository.ts";

for (const workers of [1, 2]) {
  test(`who is drained finishes what it began, serves on for a grace, and asks for nothing new (${workers} at work)`, async (t) => {
    const origin = await testOrigin(t, { workers, adminPort: 0 });
    const url = new URL("metadata/timestamp.json", origin.url);
    const bytes = noise(16 * 1024 * 1024);
    const path = origin.repository.addTarget(bytes);
    const reader = dial(origin.port);
    reader.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(reader, "readable");

    const draining = { refusesFrom: inSeconds(60), until: inSeconds(600) };
    assert.equal((await putPolicy(origin, { draining })).status, 200);
    assert.equal((await ask(`${origin.adminUrl}/readyz`)).status, 503);
    assert.equal((await ask(`${origin.adminUrl}/healthz`)).status, 200);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    await eventually("every worker serves, and closes behind it", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url, { agent })));
      assert.ok(answers.every(({ status }) => status === 200));
      return answers.every(({ headers }) => headers.connection === "close");
    });

    await putPolicy(origin, { draining: { ...draining, refusesFrom: inSeconds(0) } });
    await eventually("every worker refuses", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url)));
      return answers.every(({ status }) => status === 503);
    });
    await eventually("it is counted", async () => {
      return (await metricOf(origin, 'policy_refusals_total{rule="draining"}')) >= 20;
    });
    const answer = new Promise<number>((resolve) => {
      let length = 0;
      reader.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > bytes.length) resolve(length);
      });
    });
    assert.ok((await answer) > bytes.length, "the download that had begun has all its bytes");
    reader.destroy();

    await putPolicy(origin, {});
    await eventually("every worker serves again", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url, { agent })));
      return answers.every(({ status, headers }) => {
        return status === 200 && headers.connection === "keep-alive";
      });
    });
    assert.equal((await ask(`${origin.adminUrl}/readyz`)).status, 200);
  });
}

test("who comes too late is told when to come back, and where else to go", async (t) => {
  const duplicates = ["https://mirror.example.net/", "https://update.example.com/"];
  const origin = await testOrigin(t, { adminPort: 0, duplicates });
  await putPolicy(origin, {
    draining: { refusesFrom: inSeconds(-1), until: inSeconds(60) },
    retired: [{ host: "update.example.com", until: inSeconds(60) }],
  });
  const url = new URL("security/", origin.url);
  const { status, headers, body } = await ask(url, { headers: { Accept: "text/html" } });
  assert.equal(status, 503);
  assert.ok(Number(headers["retry-after"]) > 0);
  assert.equal(headers.connection, "close");
  assert.match(body.toString(), /href="https:\/\/mirror\.example\.net\/security\/"/);
  assert.doesNotMatch(body.toString(), /update\.example\.com/);
  const pipelined = dial(origin.port);
  pipelined.write("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
  assert.equal((await untilClosed(pipelined)).split("HTTP/1.1 503").length, 2, "one answer");
});
