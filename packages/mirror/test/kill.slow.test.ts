import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "@causeway/client";
import {
  noise,
  portsIn2030,
  product,
  startRoutes,
  Vendor,
} from "../../client/test/support/field.ts";
import { MemoryStore } from "../../client/test/support/memory-store.ts";
import { diskFiles } from "./support/disk-files.ts";
import { treeFolder } from "./support/mirrored.ts";

const child = fileURLToPath(new URL("./support/mirror-child.ts", import.meta.url));

test("a mirror that is killed at any instant serves the old state or the new one, and goes on", async (t) => {
  const folder = await treeFolder(t);
  const vendor = new Vendor();
  vendor.release("1.0", noise(200_000, 1));
  await using origin = await startRoutes(["honest"], vendor.files());
  await using served = await startRoutes(["honest"], diskFiles(folder));
  const [server] = origin.servers;
  assert.ok(server);
  const trust = join(await treeFolder(t), "root.json");
  writeFileSync(trust, vendor.trust);
  /** @param kill after so many answers, and so many milliseconds more */
  const run = async (kill?: {
    readonly answers: number;
    readonly ms: number;
  }): Promise<boolean> => {
    const args = ["--conditions=causeway-source", child, folder, server.url, trust];
    const process = spawn(globalThis.process.execPath, args, {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let answers = 0;
    server.onAnswer = () => {
      if (++answers === kill?.answers) void sleep(kill.ms).then(() => process.kill("SIGKILL"));
    };
    process.stderr.resume();
    const [code, signal] = await once(process, "exit");
    assert.ok(code === 0 || signal === "SIGKILL", String(code));
    return code === 0;
  };
  const versionServed = async (): Promise<string> => {
    const state = new MemoryStore();
    const routes = served.urls;
    const client = createClient({ trust: vendor.trust, routes, state, ports: portsIn2030() });
    return (await client.check(product, { platform: "any" })).version;
  };
  assert.ok(await run());
  let old = "1.0";
  let kills = 0;
  for (let round = 1; round <= 8; round++) {
    vendor.release(`1.${round}`, noise(200_000, round + 1));
    server.files = vendor.files();
    // Half of them while it asks, the others while it writes what the eighth answer has completed.
    const moment = round % 2 === 0 ? { answers: 8, ms: round * 15 } : { answers: round, ms: 2 };
    if (!(await run(moment))) kills++;
    const now = await versionServed();
    assert.ok([old, `1.${round}`].includes(now), `${now} in round ${round}`);
    assert.ok(await run());
    old = await versionServed();
    assert.equal(old, `1.${round}`);
  }
  t.diagnostic(`${kills} kills`);
  assert.ok(kills > 3);
});
