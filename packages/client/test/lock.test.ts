import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type FileLock, lockFolder, nodeClock } from "../src/node/index.ts";
import { isHostError } from "./support/store-contract.ts";
import { tempFolder } from "./support/temp-folder.ts";

const clock = nodeClock();
const signal = new AbortController().signal;

function lock(folder: string, waitMs: number, onWait?: () => void): Promise<FileLock> {
  return lockFolder(folder, { waitMs, clock, signal, ...(onWait && { onWait }) });
}

test("a second holder waits for the first", async () => {
  await using folder = await tempFolder();
  const state = path.join(folder.path, "state");
  const first = await lock(state, 0);
  let waited = false;
  const second = lock(state, 5_000, () => {
    waited = true;
  });
  await clock.sleep(80);
  assert.ok(waited);
  first.release();
  first.release();
  (await second).release();
});

test("a folder that stays held is HOST_BUSY and says by whom; a kill leaves no lock", async () => {
  await using folder = await tempFolder();
  const program = fileURLToPath(new URL("./support/hold-lock.ts", import.meta.url));
  const holder = spawn(process.execPath, [program, folder.path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(holder, "exit");
  await Promise.race([
    once(holder.stdout, "data"),
    ended.then(([code]) => assert.fail(`the holder ended with ${code}`)),
  ]);
  let asked: number | undefined;
  const busy = lockFolder(folder.path, {
    waitMs: 60,
    clock,
    signal,
    onWait: ({ pid }) => {
      asked = pid;
    },
  });
  await assert.rejects(busy, (error: Error) => {
    assert.match(error.message, new RegExp(`Process ${holder.pid} holds`));
    return isHostError("HOST_BUSY")(error);
  });
  assert.equal(asked, holder.pid);
  holder.kill("SIGKILL");
  await ended;
  (await lock(folder.path, 0)).release();
});

test("waiting ends with the caller's signal", async () => {
  await using folder = await tempFolder();
  const held = await lock(folder.path, 0);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("enough")), 30);
  const waiting = lockFolder(folder.path, { waitMs: 9_000, clock, signal: abort.signal });
  await assert.rejects(waiting, /enough/);
  held.release();
});

test("a damaged lock file is named, not taken for free", async () => {
  await using folder = await tempFolder();
  await fs.writeFile(path.join(folder.path, "lock"), "x".repeat(4096));
  await assert.rejects(lock(folder.path, 0), isHostError("HOST_CORRUPT_STATE"));
});

/** Puts something in the place of the file that names the holder. */
const inItsPlace: Readonly<Record<string, (file: string, theirs: string) => Promise<unknown>>> = {
  "a pipe": async (file) => execFileSync("mkfifo", [file]),
  "a link to somebody's file": (file, theirs) => fs.symlink(theirs, file),
  "a folder": (file) => fs.mkdir(path.join(file, "within"), { recursive: true }),
  "a huge file": async (file) => {
    await fs.writeFile(file, "");
    await fs.truncate(file, 2 ** 40);
  },
};

for (const [what, put] of Object.entries(inItsPlace)) {
  test(`${what} in the place of the holder's name keeps nobody from the lock`, async () => {
    await using folder = await tempFolder();
    const note = path.join(folder.path, "state", "lock.holder");
    const theirs = path.join(folder.path, "theirs");
    await fs.mkdir(path.dirname(note));
    await fs.writeFile(theirs, "precious");
    await put(note, theirs);
    // In a process of its own: what hangs here hangs the whole of it.
    const program = fileURLToPath(new URL("./support/hold-lock.ts", import.meta.url));
    const args = [program, path.dirname(note), "once"];
    assert.equal(
      execFileSync(process.execPath, args, { timeout: 10_000, encoding: "utf8" }),
      "held\n",
    );
    assert.equal(await fs.readFile(theirs, "utf8"), "precious");

    const held = await lock(path.dirname(note), 0);
    await fs.rm(note, { recursive: true, force: true });
    await put(note, theirs); // while somebody holds the lock
    const second = spawnSync(process.execPath, args, { timeout: 10_000, encoding: "utf8" });
    assert.match(second.stderr, /Another process holds/);
    held.release();
  });
}
