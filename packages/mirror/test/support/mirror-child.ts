import { readFileSync } from "node:fs";
import { portsIn2030 } from "../../../client/test/support/field.ts";
import { openMirror } from "../../src/mirror.ts";

// Run as a process of its own, to be killed: brings the folder that it is given up to date, once.
const [folder = "", route = "", trust = ""] = process.argv.slice(2);
const mirror = await openMirror({
  folder,
  routes: [route],
  trust: readFileSync(trust),
  ports: portsIn2030(),
  signal: new AbortController().signal,
});
await mirror.update();
mirror.close();
