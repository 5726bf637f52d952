import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { progressOf, RunbookLog } from "../../src/index.ts";
import { folderFor } from "../support/knot.ts";
import { killedSteps, runbookOf } from "../support/runbook.ts";

const program = fileURLToPath(new URL("../support/runbook-process.ts", import.meta.url));
const kills = 6;

test("a run that is killed at any moment does each step, and loses no line of its log", async (t) => {
  const folder = folderFor(t);
  const acts = join(folder, "acts");
  const log = new RunbookLog(folder, "test");
  const lines = (): readonly string[] => {
    return existsSync(acts) ? readFileSync(acts, "utf8").trim().split("\n") : [];
  };
  let known: readonly string[] = [];
  for (let round = 0; ; round++) {
    const child = spawn(process.execPath, [program, folder, acts], { stdio: "ignore" });
    const ended = once(child, "exit");
    if (round < kills) {
      // From when it works on: before that there is nothing to kill.
      const before = lines().length;
      while (lines().length === before && child.exitCode === null) await sleep(1);
      await sleep(Math.random() * 30);
      child.kill("SIGKILL");
    }
    await ended;
    const { wrong, records } = await log.look();
    assert.equal(wrong, undefined);
    const hashes = records.map((each) => each.hash);
    assert.deepEqual(hashes.slice(0, known.length), known, "what was written stays");
    known = hashes;
    if (child.exitCode === 0) break;
    assert.equal(round < kills, true, "it ends by itself when nobody kills it");
  }
  const records = await log.read();
  const progress = progressOf(runbookOf(killedSteps), records);
  for (const [id, { state }] of progress) assert.equal(state.kind, "done", id);
  const count = (what: string, id: string): number => {
    return records.filter(({ event }) => {
      return event.what === what && "step" in event && event.step === id;
    }).length;
  };
  for (const { id = "" } of killedSteps) {
    assert.equal(count("done", id), 1, id);
    const acted = lines().filter((each) => each === id).length;
    assert.equal(acted >= 1 && acted <= count("intent", id), true, `${id}: ${acted} times`);
  }
});
