import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Agent } from "node:http";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { missing } from "./support/engines.ts";
import { ask, dial } from "./support/http.ts";
import { eventually } from "./support/origin.ts";
import { noise, TestRepository } from "./support/repository.ts";

interface Served {
  readonly pid: number | undefined;
  readonly url: string;
  readonly port: number;
  /** What it has logged so far. */
  said(): string;
}

/** A real process that serves `repository`, and may have `files` files open. */
async function serveWith(
  t: TestContext,
  repository: TestRepository,
  files: number,
  edge: "haproxy" | "off",
): Promise<Served> {
  const program = fileURLToPath(new URL("./support/serve-process.ts", import.meta.url));
  const args = [process.execPath, program, repository.tree, "1", "", "0", edge];
  const child = spawn("/bin/sh", ["-c", `ulimit -n ${files}; exec "$@"`, "sh", ...args], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  t.after(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });
  const [{ url, port }] = (await once(child, "message")) as [Served];
  return { pid: child.pid, url, port, said: () => text };
}

function testRepository(t: TestContext): TestRepository {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  return repository;
}

const linux = { skip: process.platform === "linux" ? false : "only Linux tells its limits" };

test(
  "with 1,024 files a new file is served to a new client, however many of both there were",
  linux,
  async (t) => {
    const repository = testRepository(t);
    const paths = Array.from({ length: 700 }, (_, at) =>
      repository.addTarget(noise(64), `${at}.bin`),
    );
    const served = await serveWith(t, repository, 1_024, "off");
    assert.match(served.said(), /"warn","event":"few-open-files".*LimitNOFILE=/);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    for (const path of paths) assert.equal((await ask(served.url + path, { agent })).status, 200);
    const idle = Array.from({ length: 1_500 }, () => dial(served.port));
    t.after(() => {
      for (const socket of idle) socket.destroy();
    });
    await eventually("all have come, and those beyond the limit have gone", () => {
      return idle.filter((socket) => !socket.closed).length <= 280;
    });
    const path = repository.addTarget(noise(65), "new.bin");
    assert.equal((await ask(served.url + path, { agent: new Agent() })).status, 200);
    assert.ok(readdirSync(`/proc/${served.pid}/fd`).length < 900);
  },
);

for (const files of [1_024, 20_000]) {
  const skip = missing("haproxy");
  test(`HAProxy is content with ${files} files`, { skip: skip || linux.skip }, async (t) => {
    const served = await serveWith(t, testRepository(t), files, "haproxy");
    assert.equal((await ask(`${served.url}metadata/timestamp.json`)).status, 200);
    const said = served.said();
    assert.doesNotMatch(said, /edge-said/);
    assert.match(said, /"warn","event":"edge-few-open-files","openFiles":\d+,.*LimitNOFILE=/);
  });
}
