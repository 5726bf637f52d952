import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import { folderStore, sweepFolder } from "../src/node/index.ts";
import { isHostError, storeContract } from "./support/store-contract.ts";
import { type TempFolder, tempFolder } from "./support/temp-folder.ts";

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
