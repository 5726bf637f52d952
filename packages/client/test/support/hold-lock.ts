import { lockFolder, nodeClock } from "../../src/node/index.ts";

// Run as a process of its own: holds the lock of the folder it is given until it is killed, or
// only "once".
const [folder = "", how] = process.argv.slice(2);
const signal = new AbortController().signal;
const held = await lockFolder(folder, { waitMs: 0, clock: nodeClock(), signal });
process.stdout.write("held\n");
if (how === "once") held.release();
else setInterval(() => undefined, 1_000);
