import { readFileSync } from "node:fs";
import { createClient } from "../../src/client.ts";
import { folderStore } from "../../src/node/index.ts";
import { portsIn2030 } from "./field.ts";

// Run as a process of its own, whose memory is measured: `node memory-child.ts STATE TRUST URL...`
// checks for a patch once. Prints how it went, and the most memory that it took beyond its start.
const [state = "", trust = "", ...routes] = process.argv.slice(2);

/** Bytes of memory that only this process has, at the most. */
function most(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

const ports = portsIn2030();
const client = createClient({
  trust: readFileSync(trust),
  routes,
  state: folderStore(state),
  ports,
});
const before = most();
const outcome = await client.check("reader", { platform: "any" }).then(
  ({ version }) => version,
  ({ code }: { readonly code: string }) => code,
);
ports.transport.close();
process.stdout.write(JSON.stringify({ outcome, above: most() - before }));
