import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { causewayJson, ended, folderFor, start } from "../support/cli.ts";
import { freePort } from "../support/listening.ts";
import { TestVendor } from "../support/vendor.ts";

const skip = spawnSync("haproxy", ["-v"]).error === undefined ? false : "no haproxy here";

/** An HAProxy as `causeway edge haproxy` writes it. @returns its runtime socket */
async function startEdge(t: TestContext): Promise<string> {
  const vendor = await TestVendor.make(folderFor(t));
  const folder = folderFor(t);
  chmodSync(folder, 0o755);
  const [out, control] = [path.join(folder, "haproxy.cfg"), path.join(folder, "control")];
  const listen = ["--listen", `127.0.0.1:${await freePort()}`, "--control", control];
  await vendor.run("edge", "haproxy", "--dir", vendor.dir, ...listen, "--out", out);
  const engine = spawn("haproxy", ["-db", "-f", out], { stdio: "ignore" });
  t.after(() => engine.kill("SIGKILL"));
  for (let round = 0; spawnSync("test", ["-S", control]).status !== 0; round++) {
    assert.ok(round < 200, "HAProxy did not start");
    await sleep(25);
  }
  return control;
}

test("edge watch tells what an HAProxy does until Ctrl-C, and once for a script", {
  skip,
}, async (t) => {
  const control = await startEdge(t);
  const look = await causewayJson(["edge", "watch", "--once", "--control", control]);
  assert.equal(look.code, 0, look.stderr);
  const { control: told, requests, ticketsRefused } = look.json as Record<string, unknown>;
  assert.deepEqual([told, requests, ticketsRefused], [control, 0, []]);

  const watching = start(["edge", "watch", "--control", control, "--admin-port", "0", "--json"]);
  t.after(() => watching.kill("SIGKILL"));
  const end = ended(watching);
  assert.ok(watching.stdout !== null && watching.stderr !== null);
  const [line] = (await once(createInterface({ input: watching.stdout }), "line")) as [string];
  const { adminUrl } = JSON.parse(line) as { adminUrl: string };
  const [logged] = (await once(createInterface({ input: watching.stderr }), "line")) as [string];
  assert.equal((JSON.parse(logged) as { event: string }).event, "edge-answers");
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  assert.match(metrics, /^causeway_edge_answers 1$/m);
  watching.kill("SIGINT");
  assert.equal((await end).code, 0);
});

test("a socket that hangs keeps nobody from Ctrl-C, and one that is none is told", async (t) => {
  const control = path.join(folderFor(t), "control");
  const none = await causewayJson(["edge", "watch", "--once", "--control", control]);
  assert.equal(none.code, 1);
  assert.match(JSON.stringify(none.json), /"code":"HOST_/);
  const both = await causewayJson(["edge", "watch", "--once", "--admin-port", "0"]);
  assert.equal(both.code, 2);

  const silent = createServer({ allowHalfOpen: true }).listen(control);
  t.after(() => silent.close());
  const watching = start(["edge", "watch", "--control", control]);
  t.after(() => watching.kill("SIGKILL"));
  const end = ended(watching);
  await once(silent, "connection");
  watching.kill("SIGINT");
  assert.equal((await end).code, 0);
});
