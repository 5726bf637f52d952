import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RunbookLog, runRunbook } from "../../src/index.ts";
import { killedSteps, runbookOf } from "./runbook.ts";

// Runs a runbook whose steps write a line each, as a process that can be killed.

const [, , folder = "", acts = ""] = process.argv;
const runbook = runbookOf(killedSteps);

await runRunbook(
  {
    clock: { wall: () => runbook.attack, steady: () => 0, sleep: () => sleep(1) },
    log: new RunbookLog(folder, runbook.name),
    who: "me@here",
    signal: new AbortController().signal,
    load: () => Promise.resolve(runbook),
    measure: () => Promise.resolve(new Map()),
    act: async ({ id }) => {
      appendFileSync(acts, `${id}\n`);
      await sleep(5); // in the middle of it
      return { before: null, after: { id }, told: [] };
    },
    tell: () => undefined,
  },
  { isOnce: true, isDry: false },
);
