import { closeSync, openSync, rmSync } from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { folderStore, nodeClock } from "../../src/node/index.ts";

// Run as a process of its own: takes and lets go of one name so many times, and fails when
// somebody else has it meanwhile.
const [folder = "", rounds = ""] = process.argv.slice(2);
const mark = path.join(folder, "mark");
const clock = nodeClock();
const store = folderStore(folder, { ...clock, sleep: (_, signal) => clock.sleep(1, signal) });
const never = new AbortController().signal;
for (let round = 0; round < Number(rounds); round++) {
  const held = await store.hold?.("out/.new.lock", never);
  closeSync(openSync(mark, "wx"));
  await setTimeout(0);
  rmSync(mark);
  held?.release();
  await setTimeout(Math.random() * 2);
}
