import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Log } from "@causeway/publisher";
import { checkRunbook } from "../src/runbook/check-runbook.ts";
import { attack, hour, Night } from "./support/night.ts";

test("a step that retires a name that never was is an error, and is not told as done", async (t) => {
  const night = await Night.make(t);
  const names = readFileSync(night.file, "utf8").match(/^names:\n(?: .*\n)+/m)?.[0] ?? "";
  const step = (id: string, name: string): string => {
    return `  - { id: ${id}, at: T-72h, mode: automatic, do: { names retire: { name: ${name} } } }\n`;
  };
  const head = `name: typo\nattack: 2003-08-15T10:00:00Z\n${names}steps:\n`;
  const move = "names move: { name: new.example.com, to: [192.0.2.7] }";
  const later = `  - { id: move, after: [right], mode: automatic, do: { ${move} } }\n`;
  const steps = [
    step("right", "update.example.com"),
    step("twice", "update.example.com"),
    step("typo", "updtae.example.com"),
    later,
    step("moved", "new.example.com").replace("at: T-72h", "after: [move]"),
  ];
  writeFileSync(night.file, head + steps.join(""));
  const findings = await checkRunbook(await night.runbook(), {
    now: () => night.now,
    signal: new AbortController().signal,
    log: () => undefined,
    who: "test",
  });
  const errors = findings.filter(({ kind }) => kind === "error");
  assert.deepEqual(
    errors.map(({ step: id, code }) => [id, code]),
    [["typo", "USAGE_ARGUMENT"]],
  );
  assert.match(errors[0]?.what ?? "", /updtae\.example\.com has no address, .* spelled right\?/);
  assert.deepEqual(await night.look(), {
    right: "done",
    twice: "done",
    typo: "failed",
    move: "done",
    moved: "done",
  });
});

test("a TSIG key that others can read is told, by check and by the step that uses it", async (t) => {
  const night = await Night.make(t);
  const keyFile = (await night.runbook()).names?.keyFile ?? "";
  const lines: string[] = [];
  const log: Log = ({ level, message }) => void lines.push(`${level}: ${message}`);
  const signal = new AbortController().signal;
  const check = async (): Promise<void> => {
    await checkRunbook(await night.runbook(), { now: () => night.now, signal, log, who: "test" });
  };
  const told = (): readonly string[] => lines.filter((line) => line.includes(keyFile));
  await check();
  assert.deepEqual(told(), []);
  chmodSync(keyFile, 0o640);
  await check();
  const warning = `warning: others on this machine can read ${keyFile}; run: chmod 600 ${keyFile}`;
  assert.deepEqual(told(), [warning]);
  night.now = attack - 48 * hour;
  assert.equal((await night.look(log))["lower-ttl"], "done");
  assert.deepEqual(told(), [warning, warning]);
});
