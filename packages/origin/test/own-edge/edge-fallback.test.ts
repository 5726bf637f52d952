import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { LogEntry } from "../../src/log.ts";
import { startOrigin } from "../../src/origin.ts";
import { edgedOrigin, get, inFront, timestamp } from "../support/edged-origin.ts";
import { engineFolder, missing } from "../support/engines.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { childrenOf } from "../support/processes.ts";
import { TestRepository } from "../support/repository.ts";

const skip = missing("haproxy");

/** There is no folder for temporary files while this test runs. */
function withoutTemporary(t: TestContext): void {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = join(engineFolder(t), "none");
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
}

test("one that dies again and again is given up, and Node serves on", { skip }, async (t) => {
  const origin = await edgedOrigin(t);
  const deaths = new Set(["edge-died", "edge-given-up"]);
  for (let death = 1; death <= 5; death++) {
    await inFront(origin);
    origin.crash();
    await eventually("its death is seen", () => {
      return origin.logged.filter(({ event }) => deaths.has(event)).length === death;
    });
  }
  await eventually("it is told", () => {
    return origin.logged.some(({ event, level }) => event === "edge-given-up" && level === "error");
  });
  await eventually("clients are served", () => {
    return get(`${origin.url}${timestamp}`).then(
      (status) => status === 200,
      () => false,
    );
  });
  assert.equal(await metricOf(origin, "edge_in_front"), 0);
  assert.equal(await metricOf(origin, "edge_restarts_total"), 4);
});

test("where no folder can be made Node serves alone, or nobody when there must be an HAProxy", {
  skip,
}, async (t) => {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const logged: LogEntry[] = [];
  const options = {
    tree: repository.tree,
    host: "127.0.0.1",
    port: 0,
    workers: 1,
    log: (entry: LogEntry) => logged.push(entry),
  };
  withoutTemporary(t);
  const message = /^No HAProxy can stand in front: cannot make a folder .*TMPDIR.*--edge off\.$/;
  const must = startOrigin({ ...options, edge: "haproxy" });
  await assert.rejects(must, { code: "HOST_MISSING", message });
  const origin = await startOrigin({ ...options, edge: "auto" });
  t.after(() => origin.close(0));
  assert.equal(origin.edge, undefined);
  assert.equal(await get(`${origin.url}${timestamp}`), 200);
  const told = logged.find(({ event }) => event === "no-edge");
  assert.match(String(told?.fields["why"]), /cannot make a folder/);
});

test("a port that is taken is refused before an HAProxy could share it", { skip }, async (t) => {
  const { port } = await edgedOrigin(t);
  const taken = {
    code: "HOST_ADDRESS",
    message: /something listens there.*another address or port/,
  };
  await assert.rejects(testOrigin(t, { port, edge: "auto" }), taken);
  await assert.rejects(testOrigin(t, { port }), taken);
});

interface Served {
  readonly url: string;
  readonly control: string;
}

/** A real process that serves behind an HAProxy. */
async function serveProcess(t: TestContext): Promise<{ child: ChildProcess; served: Served }> {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const program = new URL("../support/serve-process.ts", import.meta.url);
  const child = fork(program, [repository.tree, "2", "", "0", "haproxy"], {
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [served] = (await once(child, "message")) as [Served];
  return { child, served };
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`nothing is left behind of a process that ends by ${signal}`, { skip }, async (t) => {
    const { child, served } = await serveProcess(t);
    const folder = dirname(served.control);
    const [haproxy] = childrenOf(child.pid, join(folder, "haproxy.cfg"));
    const watch = childrenOf(child.pid, "causeway-edge-watch");
    assert.ok(haproxy !== undefined && watch.length === 1);
    assert.equal(await get(`${served.url}${timestamp}`), 200);
    child.kill(signal);
    for (const pid of [haproxy, ...watch]) {
      await eventually("it has ended", () => !existsSync(`/proc/${pid}/exe`));
    }
    await eventually("its folder is gone", () => !existsSync(folder));
    await assert.rejects(get(served.url), { code: "ECONNREFUSED" });
  });
}
