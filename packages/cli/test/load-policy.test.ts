import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { cautiousPolicy } from "@causeway/control";
import { loadPolicy } from "../src/probes/load-policy.ts";

test("a policy of probes is read, and what is wrong with it is named with its line", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "causeway-policy-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "probes.yaml");
  const load = async (text: string): ReturnType<typeof loadPolicy> => {
    await writeFile(file, text);
    return loadPolicy(file);
  };
  const read = await load("drain: { automatic: true, staleFor: 2h }\nsettle: 5m\n");
  assert.deepEqual(read, {
    ...cautiousPolicy,
    drain: { ...cautiousPolicy.drain, isAutomatic: true, staleForMs: 7_200_000 },
    settleMs: 300_000,
  });
  const wrong = [
    ["drain:\n  automatik: true\n", /probes\.yaml:2:3: .* did you mean automatic\?/],
    ["retire: { automatic: true }\n", /:1:1: "retire" is not known here/],
    ["settle: forever\n", /:1:9: settle is wrong; write a time as 15m or 1h/],
    ["drain: { failures: 6 }\n", /6 failures cannot be among 5 rounds/],
    ["minimumActive: 0\n", /must be >= 1/],
    [`# ${"x".repeat(70_000)}\n`, /is longer than any policy/],
  ] as const;
  for (const [text, error] of wrong) await assert.rejects(load(text), error);
  await assert.rejects(loadPolicy(path.join(folder, "none")), /docs\/probes\.md/);
});
