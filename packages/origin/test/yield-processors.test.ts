import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEntry } from "../src/log.ts";
import { yieldProcessors } from "../src/yield-processors.ts";

test("it is nicer by ten than it was, and never beyond what there is", () => {
  for (const [was, becomes] of [
    [0, 10],
    [-5, 5],
    [15, 19],
    [19, 19],
  ] as const) {
    const set: unknown[] = [];
    const system = { getPriority: () => was, setPriority: (to: number) => void set.push(to) };
    yieldProcessors(() => assert.fail("nothing to tell"), system);
    assert.deepEqual(set, [becomes]);
  }
});

test("where the system forbids it, it is told and serves all the same", () => {
  const logged: LogEntry[] = [];
  const setPriority = (): void => {
    throw Object.assign(new Error("operation not permitted"), { code: "ERR_SYSTEM_ERROR" });
  };
  yieldProcessors((entry) => logged.push(entry), { getPriority: () => 0, setPriority });
  const told = logged.map(({ level, event, fields }) => [level, event, fields["why"]]);
  assert.deepEqual(told, [["warn", "priority-kept", "operation not permitted"]]);
});
