import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { partialNames } from "../src/download/partial-names.ts";
import { type Published, programBytes, publish } from "./support/download-fixture.ts";
import { startSlowRoute } from "./support/slow-route.ts";
import { tempFolder } from "./support/temp-folder.ts";

const child = fileURLToPath(new URL("./support/download-child.ts", import.meta.url));
const one = publish(programBytes(600_000, 31));
const two = publish(programBytes(600_000, 32));
const { part } = partialNames("app", one.target.sha256);
const slow = 100_000; // bytes per second: seconds to go
const quick = 50_000_000;

test("who lost its part to another process leaves that one's alone, where nothing is locked", async (t) => {
  await using temp = await tempFolder();
  await using first = await startSlowRoute(one.files, slow);
  await using second = await startSlowRoute(two.files, quick);
  await using third = await startSlowRoute(one.files, slow);
  const folder = path.join(temp.path, "out");
  const output = path.join(folder, "app");
  const start = async (patch: Published, url: string): Promise<ChildProcess> => {
    const told = path.join(temp.path, `${new URL(url).port}.json`);
    const { target, release } = patch;
    const job = { target, release, folder, urls: [url], lockless: true };
    await fs.writeFile(told, JSON.stringify(job));
    return startChild(t, told);
  };
  const p1 = await start(one, first.url);
  const p1Ended = ended(p1);
  await appeared(path.join(folder, part));
  assert.equal((await ended(await start(two, second.url))).code, 0);
  assert.ok(await is(output, two));
  assert.deepEqual(await fs.readdir(folder), ["app"], "it cleared away what p1 was writing");
  const p3Ended = ended(await start(one, third.url));
  await appeared(path.join(folder, part));
  first.bytesPerSecond = quick;
  const { code, stderr } = await p1Ended;
  assert.ok(await is(output, two), "p3's part did not get its name early");
  assert.notEqual(code, 0);
  assert.match(stderr, /HOST_REPLACED/);
  assert.ok(stderr.includes(path.join(folder, part)), stderr);
  third.bytesPerSecond = quick;
  const last = await p3Ended;
  assert.equal(last.code, 0, last.stderr);
  assert.ok(await is(output, one));
});

async function is(file: string, patch: Published): Promise<boolean> {
  return Buffer.compare(await fs.readFile(file), patch.bytes) === 0;
}

function startChild(t: TestContext, told: string): ChildProcess {
  const run = spawn(process.execPath, [child, told], { stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => run.kill("SIGKILL"));
  return run;
}

async function ended(run: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = "";
  run.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(run, "close");
  return { code: run.exitCode, stderr };
}

async function appeared(file: string): Promise<void> {
  while ((await fs.stat(file).catch(() => undefined)) === undefined) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
