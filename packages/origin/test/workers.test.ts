import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../test/support/listening.ts";
import { defaultLimits } from "../src/limits.ts";
import { startOrigin } from "../src/origin.ts";
import { ask, dial, head, untilClosed } from "./support/http.ts";
import { eventually, testOrigin } from "./support/origin.ts";
import { childrenOf } from "./support/processes.ts";
import { noise, TestRepository } from "./support/repository.ts";

interface Served {
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string;
}

/** A real process that serves `repository` with workers. */
async function serveProcess(
  t: TestContext,
  repository: TestRepository,
  workers: number,
): Promise<{ process: ChildProcess; served: Served }> {
  const program = new URL("./support/serve-process.ts", import.meta.url);
  const child = fork(program, [repository.tree, String(workers)], {
    execArgv: [],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  child.stderr?.resume();
  t.after(() => child.kill("SIGKILL"));
  const [served] = (await once(child, "message")) as [Served];
  return { process: child, served };
}

test("SIGTERM ends a real process with two workers after the download under way", async (t) => {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const bytes = noise(16 * 1024 * 1024);
  const path = repository.addTarget(bytes);
  const { process: child, served } = await serveProcess(t, repository, 2);
  const workers = childrenOf(child.pid);
  assert.equal(workers.length, 2);
  const reader = dial(served.port);
  reader.write(head(`GET /${path} HTTP/1.1`));
  await once(reader, "readable");
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await untilClosed(dial(served.port)), "", "no new connection is served");
  const answer = Buffer.from(await untilClosed(reader), "latin1");
  assert.ok(answer.subarray(answer.indexOf("\r\n\r\n") + 4).equals(bytes));
  assert.deepEqual(await ended, [0, null]);
  for (const pid of workers) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("workers end with their supervisor, however it ends", async (t) => {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const { process: child } = await serveProcess(t, repository, 2);
  const workers = childrenOf(child.pid);
  assert.equal(workers.length, 2);
  child.kill("SIGKILL");
  await eventually("no worker is left", () => {
    return workers.every((pid) => {
      try {
        return (
          process.kill(pid, 0) && /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
        );
      } catch {
        return true;
      }
    });
  });
});

test("a worker that dies is started again, and its counts are kept", async (t) => {
  const origin = await testOrigin(t, { workers: 2, adminPort: 0 });
  const url = new URL("metadata/timestamp.json", origin.url);
  for (let request = 0; request < 20; request++) await ask(url);
  const metrics = async (): Promise<string> => {
    return (await ask(`${origin.adminUrl}/metrics`)).body.toString();
  };
  const served = 'requests_total{class="metadata",client="newcomer",status="200"}';
  await eventually("both workers have told what they served", async () => {
    return (await metrics()).includes(`${served} 20\n`);
  });
  const [victim] = childrenOf(process.pid, "worker-main");
  assert.ok(victim);
  process.kill(victim, "SIGKILL");
  await eventually("two workers serve again", async () => {
    const text = await metrics();
    return text.includes("worker_restarts_total 1\n") && text.includes("_workers 2\n");
  });
  assert.ok(origin.logged.some((entry) => entry.event === "worker-died"));
  assert.equal((await ask(url)).status, 200);
  assert.match(await metrics(), new RegExp(`${served} 2\\d\n`));
});

test("an address in use is said so, with one worker and with several", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  for (const workers of [1, 2]) {
    const origin = testOrigin(t, { port, workers });
    await assert.rejects(origin, {
      name: "HostError",
      code: "HOST_ADDRESS",
      message: /port \d+: something listens there already \(EADDRINUSE\)/,
    });
  }
});

test("workers that are told their port all listen there", async (t) => {
  const port = await freePort();
  const origin = await testOrigin(t, { port, workers: 3 });
  assert.equal(origin.port, port);
  assert.deepEqual(
    origin.logged.map(({ event, fields }) => [event, fields["workers"]]),
    [["serving", 3]],
  );
  assert.equal((await ask(`${origin.url}metadata/timestamp.json`)).status, 200);
});

test("two origins with workers never share a port", async (t) => {
  const first = await testOrigin(t, { workers: 2 });
  const second = testOrigin(t, { workers: 2, port: first.port });
  await assert.rejects(second, { code: "HOST_ADDRESS" });
});

test("an admin port in use leaves nothing running", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port: adminPort } = other.address() as { port: number };
  await assert.rejects(testOrigin(t, { adminPort }), { code: "HOST_ADDRESS", message: /admin/ });
});

test("a missing tree, and wrong numbers and routes, are said before anything listens", async () => {
  const good = { tree: "/", host: "127.0.0.1", port: 0, workers: 1, log: () => {} };
  const missing = startOrigin({ ...good, tree: "/nowhere/at/all" });
  await assert.rejects(missing, { name: "HostError", code: "HOST_MISSING" });
  await assert.rejects(startOrigin({ ...good, tree: "/etc/hostname" }), { code: "HOST_MISSING" });
  const wrong = [
    { port: 70_000 },
    { port: 1.5 },
    { workers: -1 },
    { adminPort: -1 },
    { duplicates: ["ftp://host/"] },
    { duplicates: ["host"] },
    { duplicates: ["https://user:secret@host/"] },
  ];
  for (const options of wrong) {
    await assert.rejects(startOrigin({ ...good, ...options }), { code: "USAGE_ARGUMENT" });
  }
});

test("the bounds fit together: a worker's connections cannot hold more than its memory bears", () => {
  const { connectionsMax, headerBytesMax, pipelinedMax } = defaultLimits;
  assert.ok(connectionsMax < 1_024);
  assert.ok(connectionsMax * headerBytesMax * pipelinedMax <= 64 * 1024 * 1024);
});
