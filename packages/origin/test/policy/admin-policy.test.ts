import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { policyLimits } from "../../src/policy/policy.ts";
import { type Answer, ask } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { childrenOf } from "../support/processes.ts";

const host = "update.example.com";

function policyIn({ body }: Answer): { own: object; inForce: object } {
  return JSON.parse(body.toString()) as { own: object; inForce: object };
}

for (const workers of [1, 2]) {
  test(`a name is retired and restored without a restart or a lost connection (${workers} at work)`, async (t) => {
    const origin = await testOrigin(t, { workers, adminPort: 0 });
    const url = new URL("metadata/timestamp.json", origin.url);
    /** The statuses that many connections get, which the system spreads over the workers. */
    const statuses = async (name: string): Promise<string> => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ask(url, { headers: { Host: name } })),
      );
      return [...new Set(answers.map(({ status }) => status))].join();
    };
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    t.after(() => agents.forEach((agent) => agent.destroy()));
    const others = async (): Promise<readonly number[]> => {
      const answers = await Promise.all(agents.map((agent) => ask(url, { agent })));
      assert.ok(answers.every(({ headers }) => headers.connection === "keep-alive"));
      return answers.map(({ status }) => status);
    };
    assert.equal(await statuses(host), "200");
    await others();

    const retired = [{ host, until: inSeconds(60) }];
    const began = performance.now();
    const put = await putPolicy(origin, { retired });
    assert.equal(put.status, 200);
    const file = { version: null, refused: 0 };
    assert.deepEqual(policyIn(put), { own: { retired }, file, inForce: { retired } });
    await eventually("no worker serves that name", async () => (await statuses(host)) === "503");
    t.diagnostic(`retired after ${Math.round(performance.now() - began)} ms`);
    assert.equal(await statuses(`${host.toUpperCase()}.:8080`), "503");
    assert.equal(await statuses(`not.${host}`), "200");
    assert.deepEqual(new Set(await others()), new Set([200]), "all others are served as before");
    await eventually("it is counted", async () => {
      return (await metricOf(origin, 'policy_refusals_total{rule="retired"}')) >= 40;
    });

    await putPolicy(origin, {});
    await eventually("every worker serves it again", async () => (await statuses(host)) === "200");
    assert.ok(origin.logged.some(({ event }) => event === "policy-set"));
  });
}

test("who asks by a retired name is told where else to go, and by which name not", async (t) => {
  const duplicates = ["https://mirror.example.net/causeway/", `https://${host}/`];
  const origin = await testOrigin(t, { adminPort: 0, duplicates });
  await putPolicy(origin, { retired: [{ host, until: inSeconds(60) }] });
  const url = new URL("targets/any.bin", origin.url);
  const plain = await ask(url, { headers: { Host: host } });
  assert.equal(plain.status, 503, "never 404: it would say that there is no patch");
  assert.equal(plain.headers.connection, "close");
  assert.ok(Number(plain.headers["retry-after"]) > 0);
  assert.match(plain.body.toString(), /\nhttps:\/\/mirror\.example\.net\/causeway\/\n/);
  assert.doesNotMatch(plain.body.toString(), /update\.example\.com/);
  const page = await ask(url, { headers: { Host: host, Accept: "text/html" } });
  assert.match(page.body.toString(), /href="https:\/\/mirror\.example\.net\/causeway\/security\/"/);
  assert.ok(page.body.length < 1024);
  const bare = await ask(url, { headers: { Host: host }, method: "HEAD" });
  assert.equal(bare.headers["content-length"], String(plain.body.length));
  const post = await ask(url, { headers: { Host: host }, method: "POST", body: "x".repeat(9_999) });
  assert.deepEqual(post.body, plain.body);
});

test("a rule that has ended is in force no more, and is not shown", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const url = new URL("metadata/timestamp.json", origin.url);
  const until = inSeconds(4);
  const draining = { refusesFrom: inSeconds(-1), until };
  await putPolicy(origin, { retired: [{ host, until }], draining });
  assert.equal((await ask(url, { headers: { Host: host } })).status, 503);
  assert.equal((await ask(url)).status, 503);
  await eventually("both are over", async () => {
    const byName = await ask(url, { headers: { Host: host } });
    return byName.status === 200 && (await ask(url)).status === 200;
  });
  assert.deepEqual(policyIn(await ask(`${origin.adminUrl}/policy`)).own, { retired: [] });
  assert.equal((await ask(`${origin.adminUrl}/readyz`)).status, 200);
});

test("a worker that is started later does as the policy says", async (t) => {
  const origin = await testOrigin(t, { workers: 2, adminPort: 0 });
  await putPolicy(origin, { retired: [{ host, until: inSeconds(60) }] });
  const [victim] = childrenOf(process.pid, "worker-main");
  assert.ok(victim);
  process.kill(victim, "SIGKILL");
  await eventually("two workers serve again", async () => {
    const restarts = await metricOf(origin, "worker_restarts_total");
    return restarts === 1 && (await metricOf(origin, "workers")) === 2;
  });
  const url = new URL("metadata/timestamp.json", origin.url);
  for (let round = 0; round < 20; round++) {
    assert.equal((await ask(url, { headers: { Host: host } })).status, 503);
  }
});

test("a policy that is none changes nothing, and says why", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const retired = [{ host, until: inSeconds(60) }];
  await putPolicy(origin, { retired });
  const wrong: readonly (readonly [string | object, number, RegExp])[] = [
    [{ retried: [] }, 400, /did you mean retired\?/],
    ["", 400, /is not JSON/],
    ["{", 400, /./],
    ["[1]", 400, /is not an object/],
    [{ retired: [{ host: "a\r\nb", until: inSeconds(1) }] }, 400, /wrong form/],
    ["x".repeat(policyLimits.bytesMax + 1), 413, /at most/],
    [" ".repeat(4 * 1024 * 1024), 413, /at most/],
  ];
  for (const [policy, status, why] of wrong) {
    const answer = await putPolicy(origin, policy);
    assert.equal(answer.status, status, JSON.stringify(policy).slice(0, 80));
    assert.match(answer.body.toString(), why);
  }
  assert.deepEqual(policyIn(await ask(`${origin.adminUrl}/policy`)).own, { retired });
});

test("of two operators at once, the second is told that the first was there", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const { etag = "" } = (await ask(`${origin.adminUrl}/policy`)).headers;
  const policy = { retired: [{ host, until: inSeconds(60) }] };
  assert.equal((await putPolicy(origin, policy, { "If-Match": etag })).status, 200);
  assert.equal((await putPolicy(origin, {}, { "If-Match": etag })).status, 412);
  assert.equal((await putPolicy(origin, {})).status, 200);
});

test("no web page in a browser on this machine reads or changes the policy", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const url = `${origin.adminUrl}/policy`;
  const policy = { retired: [{ host, until: inSeconds(60) }] };
  const json = { "Content-Type": "application/json" };
  const { port } = new URL(url);
  const refused: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
    ["GET", { Host: `rebound.example:${port}` }, 403],
    ["GET", { Host: `127.0.0.1.example:${port}` }, 403],
    ["GET", { Origin: "https://evil.example" }, 403],
    ["PUT", { ...json, Host: "rebound.example" }, 403],
    ["PUT", { ...json, Origin: "null" }, 403],
    ["PUT", { "Content-Type": "text/plain" }, 415],
    ["PUT", {}, 415],
    ["POST", json, 405],
    ["DELETE", json, 405],
    ["OPTIONS", { Origin: "https://evil.example", "Access-Control-Request-Method": "PUT" }, 403],
  ];
  for (const [method, headers, status] of refused) {
    const body = method === "PUT" || method === "POST" ? JSON.stringify(policy) : "";
    const answer = await ask(url, { method, headers, body });
    assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}`);
    assert.equal(answer.headers["access-control-allow-origin"], undefined);
  }
  assert.deepEqual(policyIn(await ask(url)).own, { retired: [] });
  for (const name of [`127.0.0.1:${port}`, `localhost:${port}`, "[::1]"]) {
    assert.equal((await ask(url, { headers: { Host: name } })).status, 200, name);
  }
});

test("the policy is not on the public port", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  assert.equal((await ask(new URL("policy", origin.url))).status, 404);
});
