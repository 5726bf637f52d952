import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ask } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { Operators, replace } from "../support/operators.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";

test("what operators sign is in force in all workers, beside what is said here", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "causeway-policy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const policyFile = join(folder, "policy.json");
  const origin = await testOrigin(t, { workers: 2, adminPort: 0, policyFile });
  const operators = new Operators(origin.repository);
  const url = new URL("metadata/timestamp.json", origin.url);
  const statuses = async (host: string): Promise<string> => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(url, { headers: { Host: host } })),
    );
    return [...new Set(answers.map(({ status }) => status))].join();
  };
  const until = inSeconds(3_000);
  assert.equal(await statuses("a.example"), "200");
  const expires = inSeconds(3_600);
  const policy = { retired: [{ host: "a.example", until }] };
  replace(policyFile, operators.sign({ version: 7, policy, expires }));
  const began = performance.now();
  await eventually(
    "no worker serves the name",
    async () => (await statuses("a.example")) === "503",
  );
  t.diagnostic(`retired after ${Math.round(performance.now() - began)} ms`);
  assert.equal(await metricOf(origin, "policy_file_version"), 7);

  await putPolicy(origin, { retired: [{ host: "b.example", until }] });
  await eventually("nor the other", async () => (await statuses("b.example")) === "503");
  await putPolicy(origin, {});
  await eventually("which is back", async () => (await statuses("b.example")) === "200");
  assert.equal(await statuses("a.example"), "503", "what was signed is not taken back here");
  const { body } = await ask(`${origin.adminUrl}/policy`);
  assert.deepEqual(JSON.parse(body.toString()), {
    own: { retired: [] },
    file: { version: 7, expires, policy, refused: 0 },
    inForce: policy,
  });

  replace(policyFile, "junk");
  await eventually(
    "it is counted",
    async () => (await metricOf(origin, "policy_files_refused_total")) === 1,
  );
  assert.equal(await statuses("a.example"), "503");
  replace(policyFile, operators.sign({ version: 8, policy: {} }));
  await eventually("the name is served again", async () => (await statuses("a.example")) === "200");
});

test("a policy is in force from an origin's first request on", async (t) => {
  const origin = await testOrigin(t, {});
  const operators = new Operators(origin.repository);
  const policyFile = join(origin.repository.tree, "policy.json");
  const retired = [{ host: "a.example", until: inSeconds(3_000) }];
  replace(policyFile, operators.sign({ version: 7, policy: { retired } }));
  for (const workers of [1, 2]) {
    const { tree } = origin.repository;
    const next = await testOrigin(t, { tree, workers, policyFile });
    const url = new URL("metadata/timestamp.json", next.url);
    assert.equal((await ask(url, { headers: { Host: "a.example" } })).status, 503);
    assert.equal((await ask(url)).status, 200);
  }
});
