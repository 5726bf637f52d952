import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { FileHandle } from "@causeway/kernel";
import { WholeHash } from "../src/download/whole-hash.ts";
import { folderStore } from "../src/node/index.ts";
import { changedFile } from "./support/download-disk.ts";
import { programBytes } from "./support/download-fixture.ts";
import { tempFolder } from "./support/temp-folder.ts";

const MiB = 1024 * 1024;
const quiet = new AbortController().signal;
const bytes = programBytes(5 * MiB + 1, 7);

interface Disk {
  readonly handle: FileHandle;
  /** Where each read began, in order. */
  readonly reads: number[];
  fails: boolean;
}

async function withFile(use: (disk: Disk) => Promise<void>): Promise<void> {
  await using temp = await tempFolder();
  await fs.writeFile(path.join(temp.path, "app"), bytes);
  const real = await folderStore(temp.path).open("app", "read");
  const reads: number[] = [];
  const handle = changedFile(real, {
    async readAt(into, position) {
      if (disk.fails) throw new Error("the disk is gone");
      reads.push(position);
      return await real.readAt(into, position);
    },
  });
  const disk: Disk = { handle, reads, fails: false };
  try {
    await use(disk);
  } finally {
    await real.close();
  }
}

const right = createHash("sha256").update(bytes).digest("hex");

void test("what lies at the start is hashed before the end is here, and read once", async () => {
  await withFile(async ({ handle, reads }) => {
    const hash = new WholeHash(handle);
    hash.follow(MiB - 1);
    assert.equal(reads.length, 0, "less than a window is not worth a read");
    hash.follow(4 * MiB);
    while (reads.length < 4) await turn();
    const told: number[] = [];
    assert.equal(await hash.finish(bytes.length, quiet, (done) => told.push(done)), right);
    assert.deepEqual(told.at(-1), bytes.length);
    assert.deepEqual(reads.slice(0, 5), [0, MiB, 2 * MiB, 3 * MiB, 4 * MiB]);
  });
});

void test("nothing is read once it was stopped", async () => {
  await withFile(async ({ handle, reads }) => {
    const hash = new WholeHash(handle);
    hash.follow(5 * MiB);
    await hash.stop();
    const before = reads.length;
    assert.ok(before < 5);
    hash.follow(5 * MiB);
    await turn();
    assert.equal(reads.length, before);
  });
});

void test("a read that fails meanwhile is made again at the end, which tells", async () => {
  await withFile(async (disk) => {
    const hash = new WholeHash(disk.handle);
    disk.fails = true;
    hash.follow(3 * MiB);
    await turn();
    await assert.rejects(hash.finish(bytes.length, quiet), /the disk is gone/);
    disk.fails = false;
    assert.equal(await hash.finish(bytes.length, quiet), right);
  });
});
