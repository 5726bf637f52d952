import { lockFolder, nodeClock } from "../../src/node/index.ts";

// Run as a process of its own: holds the lock of the folder it is given until it is killed.
const [folder = ""] = process.argv.slice(2);
const signal = new AbortController().signal;
await lockFolder(folder, { waitMs: 0, clock: nodeClock(), signal });
process.stdout.write("held\n");
setInterval(() => undefined, 1_000);
