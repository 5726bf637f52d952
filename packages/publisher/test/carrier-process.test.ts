import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sha256Of } from "../src/disk/digest.ts";
import { forkCarrier } from "../src/fork-carrier.ts";
import type { LogLine } from "../src/log.ts";
import { CarrierProcess } from "../src/publish/carrier-process.ts";
import { Patience } from "../src/publish/patience.ts";
import type { TreeFile } from "../src/publish/tree.ts";
import { patchBytes, temporaryFolder } from "./support/vendor.ts";

const bytes = patchBytes("1.0");
const file: TreeFile = { path: "targets/a", length: bytes.length, sha256: sha256Of(bytes) };

/** A carrier of a folder, and a pipe to copy from: as slow as whoever writes into it. */
async function carrierWithPipe(
  t: TestContext,
  stallMs: number,
): Promise<{
  carrier: CarrierProcess;
  folder: string;
  pipe: string;
  lines: readonly LogLine[];
  stop: () => void;
}> {
  const parent = await temporaryFolder(t);
  const folder = join(parent, "web");
  const pipe = join(parent, "pipe");
  execFileSync("mkfifo", [pipe]);
  const controller = new AbortController();
  const lines: LogLine[] = [];
  const carrier = new CarrierProcess(
    { id: "web", kind: "folder", path: folder },
    {
      stallMs,
      signal: controller.signal,
      log: (line) => void lines.push(line),
    },
  );
  t.after(() => carrier.close());
  await carrier.prepare();
  return { carrier, folder, pipe, lines, stop: () => controller.abort() };
}

test("a carrier that gives no sign of life has failed, whatever is asked of it after", async (t) => {
  const { carrier, folder, pipe, lines } = await carrierWithPipe(t, 3000);
  const stalled = { code: "HOST_IO", message: /web gave no sign of life for/ };
  const others = Array.from({ length: 8 }, () => carrier.write(file, { kind: "file", path: pipe }));
  for (const write of others) await assert.rejects(write, stalled);
  await assert.rejects(carrier.length(file.path), stalled);
  await carrier.finish();
  assert.deepEqual(await readdir(folder), [".causeway-incoming"], "nothing got a name");
  assert.deepEqual([lines.length, lines[0]?.level], [1, "warning"]);
  assert.match(lines[0]?.message ?? "", /web gives no sign of life; it is waited for, at most/);
});

test("a slow carrier is no hanging one", async (t) => {
  const { carrier, folder, pipe } = await carrierWithPipe(t, 4000);
  const writing = carrier.write(file, { kind: "file", path: pipe });
  const slow = await open(pipe, constants.O_RDWR);
  for (let at = 0; at < bytes.length; at += 50_000) {
    await slow.write(bytes.subarray(at, at + 50_000));
    await new Promise((resolve) => setTimeout(resolve, 1200));
  }
  await slow.close();
  assert.equal(await writing, true);
  assert.deepEqual(await readFile(join(folder, file.path)), Buffer.from(bytes));
});

test("an interrupted carrier gives up what is under way, and tidies up if it can", async (t) => {
  const { carrier, folder, pipe, stop } = await carrierWithPipe(t, 60_000);
  const writing = carrier.write(file, { kind: "file", path: pipe });
  stop();
  await assert.rejects(writing, { code: "INTERRUPTED" });
  await assert.rejects(carrier.length(file.path), { code: "INTERRUPTED" });
  await carrier.finish();
  assert.deepEqual(await readdir(folder), []);
});

test("what fails in a carrier's process keeps its code and its words", async (t) => {
  const { carrier } = await carrierWithPipe(t, 60_000);
  await assert.rejects(carrier.sha256("targets/none"), {
    code: "HOST_MISSING",
    message: /cannot read .*targets\/none: it is not there\.$/,
  });
  assert.equal(await carrier.read("targets/none", 10), undefined);
  assert.equal(await carrier.write(file, { kind: "bytes", bytes: bytes.subarray(1) }), false);
  assert.equal(await carrier.length(file.path), undefined, "read back as other bytes: no name");
  assert.equal(await carrier.write(file, { kind: "bytes", bytes }), true);
  assert.deepEqual(await carrier.read(file.path, file.length), Buffer.from(bytes));
  assert.equal(await carrier.read(file.path, file.length - 1), undefined);
});

test("who was stopped for long does not take that for the silence of others", async () => {
  const { promise: over, resolve: onOver } = Promise.withResolvers<void>();
  const options = { mostMs: 500, isWaiting: () => true, onSilent: () => undefined, onOver };
  const patience = new Patience(options);
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(asleep, 0, 0, 1500); // no timer runs, as after Ctrl-Z
  const soon = new Promise((resolve) => setTimeout(resolve, 100, "not yet"));
  assert.equal(await Promise.race([over, soon]), "not yet");
  await over;
  patience.end();
});

test("a publisher that is killed leaves no carrier's process", async (t) => {
  const folder = await temporaryFolder(t);
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const script = fileURLToPath(new URL("support/carrier-user.ts", import.meta.url));
  const publisher = spawn(process.execPath, [script, folder, pipe], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(publisher.stdout, "data");
  assert.equal(processesOf(folder).length, 2);
  publisher.kill("SIGKILL");
  await once(publisher, "exit");
  for (let turn = 0; turn < 100 && processesOf(folder).length > 0; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(processesOf(folder), []);
});

test("a carrier's process is not given the passphrase", async (t) => {
  if (process.platform !== "linux") return t.skip("no /proc here");
  process.env["CAUSEWAY_PASSPHRASE"] = "correct horse";
  const child = forkCarrier({ id: "web", kind: "folder", path: await temporaryFolder(t) });
  delete process.env["CAUSEWAY_PASSPHRASE"];
  await once(child, "spawn");
  const given = await readFile(`/proc/${child.pid}/environ`, "utf8");
  child.kill("SIGKILL");
  assert.match(given, /\bPATH=/);
  assert.doesNotMatch(given, /correct horse/);
});

/** The command lines that name the folder. */
function processesOf(folder: string): readonly string[] {
  const all = execFileSync("ps", ["-A", "-ww", "-o", "args"], { encoding: "utf8" });
  return all.split("\n").filter((args) => args.includes(folder));
}
