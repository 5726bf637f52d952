import assert from "node:assert/strict";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";
import { TestVendor } from "../support/vendor.ts";

interface Told {
  readonly key: string;
  readonly steps: readonly { readonly id: string; readonly state: string }[];
  readonly done: boolean;
  readonly log: { readonly head: string };
  readonly ok: boolean;
  readonly lines: readonly number[];
  readonly error: { readonly code: string };
  readonly findings: readonly { readonly kind: string; readonly what: string }[];
}

const env = { CAUSEWAY_PASSPHRASE: "correct horse" };

test("an operator checks, approves, runs and verifies with the commands of docs/runbook.md", async (t) => {
  const folder = folderFor(t);
  const { dir } = await TestVendor.make(folder);
  const file = path.join(dir, "runbook.yaml");
  const keyFile = path.join(folder, "alice.pem");
  const tell = async (...args: readonly string[]): Promise<Told & { code: number | null }> => {
    const { code, json } = await causewayJson(["runbook", ...args], { env });
    return { ...(json as Told), code };
  };
  const { key } = await tell("key", "alice", "--out", keyFile);
  assert.equal(statSync(keyFile).mode & 0o777, 0o600);
  assert.match(readFileSync(keyFile, "utf8"), /^-----BEGIN ENCRYPTED/);
  const attack = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
  writeFileSync(
    file,
    `name: night
attack: ${attack}Z
approvers: [{ name: alice, key: "${key}" }]
steps:
  - { id: add, at: T-2h, mode: approved, do: { routes add: { id: eu, urls: ["https://eu.example.net/"] } } }
  - { id: press, at: T-2h, after: [add], mode: manual, do: { say: Call the press. } }
  - { id: late, at: T-2d, mode: automatic, do: { refresh: {} } }
`,
  );
  const checked = await tell("check", file);
  assert.deepEqual([checked.code, checked.ok], [0, true]);
  const warnings = checked.findings.filter(({ kind }) => kind === "warning");
  assert.match(warnings.at(-1)?.what ?? "", /^T-48h .* is past: it is not done any more/);
  const approve = (step: string): ReturnType<typeof tell> => {
    return tell("approve", file, step, "--as", "alice", "--key", keyFile);
  };
  assert.equal((await approve("add")).code, 0);
  const run = await causeway(["runbook", "run", file, "--once"], { env });
  assert.equal(run.code, 1, "a step was missed");
  assert.match(
    run.stderr,
    /doing add\n(?:warning: .*\n)?done add:\n {2}eu: new, active.*\n {2}signed and brought out\nasks press/,
  );
  assert.match(run.stderr, /asks press: 1 more to approve — Call the press\./);
  assert.match(run.stdout, /^ {2}done {5}add .*\n {2}asks {5}press .*\n {2}missed {3}late /m);
  assert.equal((await approve("press")).done, true);
  const { steps, log } = await tell("status", file);
  assert.deepEqual(
    steps.map(({ id, state }) => `${id} ${state}`),
    ["add done", "press done", "late missed"],
  );

  assert.equal((await tell("log", file, "--verify", "--head", log.head)).code, 0);
  const shown = await causeway(["runbook", "log", file]);
  assert.match(shown.stdout, /add: about to do routes add, approved by alice\n/);
  const lines = path.join(dir, "runbook", "night.jsonl");
  writeFileSync(lines, readFileSync(lines, "utf8").replace('"by":"alice"', '"by":"malry"'));
  const broken = await tell("log", file, "--verify");
  assert.deepEqual([broken.code, broken.ok, broken.lines], [3, false, [2, 3]]);
  appendFileSync(file, "stepz: []\n");
  assert.deepEqual((await tell("run", file, "--once")).error.code, "CONFIG_MALFORMED");
});
