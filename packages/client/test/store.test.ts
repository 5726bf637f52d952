import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { createServer } from "node:net";
import * as path from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Clock } from "@causeway/kernel";
import { folderStore, sweepFolder } from "../src/node/index.ts";
import { isHostError, storeContract } from "./support/store-contract.ts";
import { type TempFolder, tempFolder } from "./support/temp-folder.ts";

const run = promisify(execFile);
const isWindows = process.platform === "win32";
const folders: TempFolder[] = [];
after(async () => {
  for (const folder of folders) await folder[Symbol.asyncDispose]();
});

storeContract("a folder", async () => {
  const folder = await tempFolder();
  folders.push(folder);
  return folderStore(path.join(folder.path, "not", "yet"));
});

test("a killed run's temporary files are invisible, and swept away by the next", async () => {
  await using folder = await tempFolder();
  const store = folderStore(folder.path);
  await store.write("metadata/a", new Uint8Array(1));
  const stray = path.join(folder.path, "metadata", ".causeway-0123456789abcdef.tmp");
  await fs.writeFile(stray, "half");
  assert.deepEqual(await store.list("metadata"), ["a"]);
  await sweepFolder(folder.path);
  assert.deepEqual(await fs.readdir(path.join(folder.path, "metadata")), ["a"]);
  await sweepFolder(path.join(folder.path, "missing"));
});

test("sweeping a state leaves alone what others put there, and what their links lead to", {
  skip: isWindows,
}, async () => {
  await using folder = await tempFolder();
  const state = path.join(folder.path, "state");
  const theirs = path.join(folder.path, "theirs");
  const draft = ".causeway-0123456789abcdef.tmp"; // of a run that is under way there
  const deep = path.join(state, ...Array.from({ length: 200 }, () => "deep"));
  for (const made of [theirs, deep]) {
    await fs.mkdir(made, { recursive: true });
    await fs.writeFile(path.join(made, draft), "");
  }
  await fs.symlink(theirs, path.join(state, "link"));
  await fs.symlink(theirs, path.join(state, "metadata"));
  // Each level doubles the ways: who follows links is never done.
  await fs.symlink(state, path.join(state, "left"));
  await fs.symlink(state, path.join(state, "right"));
  await fs.writeFile(path.join(state, draft), "");
  await soon(sweepFolder(state));
  for (const kept of [theirs, deep]) assert.deepEqual(await fs.readdir(kept), [draft]);
  assert.ok(!(await fs.readdir(state)).includes(draft));
});

/** Mounts a file system of one page of free space; undefined where that is not allowed. */
function mount(folder: string, options: string): (() => void) | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return () => void execFileSync("umount", [folder]);
}

test("a full disk is HOST_FULL, and what was there stays whole", async (context) => {
  await using folder = await tempFolder();
  const unmount = mount(folder.path, "size=64k");
  if (unmount === undefined) return context.skip("needs the right to mount a tmpfs");
  try {
    const store = folderStore(folder.path);
    await store.write("state", new Uint8Array([1]));
    assert.ok(((await store.freeBytes()) ?? 0) <= 64 * 1024);
    await assert.rejects(
      store.write("state", new Uint8Array(256 * 1024)),
      isHostError("HOST_FULL"),
    );
    assert.deepEqual(await store.read("state", 1), new Uint8Array([1]));
    assert.deepEqual(await fs.readdir(folder.path), ["state"], "no half-written file stays");
    const file = await store.open("part", "create");
    await assert.rejects(file.writeAt(new Uint8Array(256 * 1024), 0), isHostError("HOST_FULL"));
    await file.close();
  } finally {
    unmount();
  }
});

test("a read-only folder is HOST_DENIED", async (context) => {
  await using folder = await tempFolder();
  const unmount = mount(folder.path, "ro");
  if (unmount === undefined) return context.skip("needs the right to mount a tmpfs");
  try {
    const store = folderStore(folder.path);
    await assert.rejects(store.write("state", new Uint8Array(1)), isHostError("HOST_DENIED"));
    await assert.rejects(store.open("part", "create"), isHostError("HOST_DENIED"));
    assert.equal(await store.read("state", 1), undefined);
  } finally {
    unmount();
  }
});

test("a file in the way of a folder is named", async () => {
  await using folder = await tempFolder();
  const store = folderStore(folder.path);
  await store.write("metadata", new Uint8Array(1));
  await assert.rejects(store.write("metadata/root.json", new Uint8Array(1)), /metadata/);
});

/** Fails the test instead of hanging with it. */
async function soon<Value>(work: Promise<Value>): Promise<Value> {
  const late = new AbortController();
  const timer = setTimeout(2_000, undefined, { signal: late.signal });
  try {
    return await Promise.race([work, timer.then(() => assert.fail("it hangs"))]);
  } finally {
    late.abort();
  }
}

test("a socket in the place of a file holds nobody up", { skip: isWindows }, async () => {
  await using folder = await tempFolder();
  const store = folderStore(folder.path);
  await using server = createServer();
  server.listen(path.join(folder.path, "state"));
  await once(server, "listening");
  await assert.rejects(store.read("state", 10), isHostError("HOST_CORRUPT_STATE"));
  await assert.rejects(store.open("state", "read"), isHostError("HOST_IO"));
  await assert.rejects(store.open("state", "read"), /a socket/);
});

test("a pipe in the place of a file holds nobody up", { skip: isWindows }, async () => {
  await using folder = await tempFolder();
  const store = folderStore(folder.path);
  const pipe = path.join(folder.path, "state");
  execFileSync("mkfifo", [pipe]);
  await soon(assert.rejects(store.read("state", 10), isHostError("HOST_CORRUPT_STATE")));
  await soon(assert.rejects(store.open("state", "read"), isHostError("HOST_IO")));
  await fs.writeFile(path.join(folder.path, "new"), "new");
  await assert.rejects(store.rename("new", "state"), isHostError("HOST_DENIED"));
  const made = await soon(store.open("state", "create"));
  await made.close();
  assert.ok((await fs.lstat(pipe)).isFile());
});

test("what others put under the name of our file is not written to", {
  skip: isWindows,
}, async () => {
  await using folder = await tempFolder();
  const store = folderStore(folder.path);
  const theirs = path.join(folder.path, "theirs");
  const part = path.join(folder.path, "part");
  await fs.writeFile(theirs, "precious");
  for (const link of [fs.symlink, fs.link]) {
    await link(theirs, part);
    const file = await store.open("part", "create");
    await file.writeAt(new Uint8Array(3), 0);
    await file.close();
    assert.equal(await fs.readFile(theirs, "utf8"), "precious");
    assert.equal((await fs.lstat(part)).size, 3);
    await fs.rm(part);
  }
  if (process.getuid?.() !== 0) return; // only root can make a file of somebody else's
  await fs.writeFile(part, "left open by its owner");
  await fs.chown(part, 65534, 65534);
  const file = await store.open("part", "create");
  assert.equal(await file.length(), 0);
  await file.close();
  assert.equal((await fs.stat(part)).uid, 0);
});

test("a link to an open file, under the name that it had, is not that file", {
  skip: isWindows,
}, async () => {
  await using folder = await tempFolder();
  const part = path.join(folder.path, "part");
  const file = await folderStore(folder.path).open("part", "create");
  await fs.rename(part, `${part}.moved`);
  await fs.symlink(`${part}.moved`, part);
  assert.equal(await file.isInPlace?.(), false);
  await file.close();
});

test("what is held is waited for, and nothing is left of it", async () => {
  await using folder = await tempFolder();
  const [one, other] = [folderStore(folder.path), folderStore(folder.path)];
  const never = new AbortController().signal;
  const first = await one.hold?.("out/.new.lock", never);
  assert.ok(first !== undefined);
  const timeout = AbortSignal.timeout(100);
  await assert.rejects(other.hold?.("out/.new.lock", timeout) ?? Promise.resolve(), {
    name: "TimeoutError",
  });
  let inside = 0;
  const waiting = Array.from({ length: 5 }, async () => {
    const held = await other.hold?.("out/.new.lock", never);
    assert.equal(++inside, 1, "one at a time");
    await setTimeout(5);
    inside--;
    held?.release();
  });
  first.release();
  await Promise.all(waiting);
  assert.deepEqual(await fs.readdir(path.join(folder.path, "out")), []);
});

test("processes that take turns at a name, which is removed each time, never have it at once", async () => {
  await using folder = await tempFolder();
  const program = fileURLToPath(new URL("./support/hold-often.ts", import.meta.url));
  const args = [program, folder.path, "150"];
  const turns = Array.from({ length: 4 }, () => run(process.execPath, args, { timeout: 60_000 }));
  for (const { stderr } of await Promise.all(turns)) assert.equal(stderr, "");
  assert.deepEqual(await fs.readdir(path.join(folder.path, "out")), []);
});

test("whoever holds it for too long is named", async () => {
  await using folder = await tempFolder();
  const never = new AbortController().signal;
  const held = await folderStore(folder.path).hold?.("out/.new.lock", never);
  let minutes = 0;
  const quick: Clock = {
    wall: () => 0,
    steady: () => minutes * 60_000,
    sleep: async () => {
      minutes++;
    },
  };
  const waiting = folderStore(folder.path, quick).hold?.("out/.new.lock", never);
  await assert.rejects(waiting ?? Promise.resolve(), {
    code: "HOST_BUSY",
    message: new RegExp(`process ${process.pid} has it`),
  });
  assert.equal(minutes, 10);
  held?.release();
});
