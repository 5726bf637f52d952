import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HostError, UsageError } from "@causeway/kernel";
import { readWindows } from "../../src/artifacts/input.ts";
import { inOrder, JobFailed, WorkerPool } from "../../src/artifacts/pool.ts";
import { BuildFolder } from "../support/build-folder.ts";
import { nextVersion, programBytes } from "../support/program-files.ts";

const MiB = 1024 * 1024;

function host(code: string): (error: unknown) => boolean {
  return (error) => error instanceof HostError && error.code === code;
}

test("a missing file, a folder in its place and a missing output folder are named", async (t) => {
  const folder = new BuildFolder(t);
  const file = folder.file("app", programBytes(1000, "a"));
  await assert.rejects(folder.build(join(folder.path, "none")), host("HOST_MISSING"));
  await assert.rejects(folder.build(folder.path), host("HOST_IO"));
  const outDir = join(folder.path, "nowhere");
  await assert.rejects(folder.build(file, { outDir }), host("HOST_MISSING"));
  assert.deepEqual(folder.left(), []);
});

test("a file beyond what an index can describe is refused before it is read", async (t) => {
  const folder = new BuildFolder(t);
  const file = folder.file("huge", new Uint8Array(0));
  truncateSync(file, 256 * 1024 ** 3 + 1);
  await assert.rejects(folder.build(file), (error) => {
    return error instanceof UsageError && /at most 256 GiB/.test(error.message);
  });
  assert.deepEqual(folder.left(), []);
});

test("a file that grows while it is read is not followed", async () => {
  // The system says 0 bytes, and then there are some.
  await assert.rejects(async () => {
    for await (const window of readWindows("/proc/self/status")) assert.ok(window);
  }, host("HOST_IO"));
});

for (const step of ["read", "delta", "pack"] as const) {
  test(`an interruption in step ${step} ends soon, with its reason, and leaves nothing`, async (t) => {
    const folder = new BuildFolder(t);
    const first = programBytes(2 * MiB, "b");
    const interruption = new AbortController();
    const reason = new Error("Ctrl-C");
    const building = folder.build(folder.file("app", nextVersion(first, "b2")), {
      olds: [folder.old("old", first)],
      signal: interruption.signal,
      onProgress: (progress) => {
        if (progress.step === step) interruption.abort(reason);
      },
    });
    await assert.rejects(building, (error) => error === reason);
    assert.deepEqual(folder.left(), []);
  });
}

test("an interruption before the start does nothing at all", async (t) => {
  const folder = new BuildFolder(t);
  const signal = AbortSignal.abort(new Error("at once"));
  await assert.rejects(folder.build(folder.file("app", programBytes(1000, "c")), { signal }), {
    message: "at once",
  });
  assert.deepEqual(folder.left(), []);
});

test("a full disk is said to be full, and the room is given back", async (t) => {
  const folder = new BuildFolder(t);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.outDir]);
  } catch {
    t.skip("no right to mount a small file system here");
    return;
  }
  try {
    const file = folder.file("app", programBytes(3 * MiB, "d"));
    await assert.rejects(folder.build(file), host("HOST_FULL"));
    const small = folder.file("small", programBytes(1.9 * MiB, "e"));
    await assert.rejects(folder.build(small), host("HOST_FULL")); // the copy fits, the pack does not
    assert.deepEqual(folder.left(), []);
  } finally {
    execFileSync("umount", [folder.outDir]);
  }
});

test("a job that cannot be done fails alone; a closed pool fails all", async (t) => {
  const folder = new BuildFolder(t);
  const file = folder.file("app", programBytes(100_000, "f"));
  const pool = new WorkerPool(2);
  t.after(() => pool.close());
  const bad = pool.run({ kind: "pack", file: join(folder.path, "none"), offset: 0, lengths: [5] });
  const short = pool.run({ kind: "pack", file, offset: 99_999, lengths: [5] });
  const good = pool.run({ kind: "pack", file, offset: 0, lengths: [100, 200] });
  // Both at once: either may fail first.
  await Promise.all([
    assert.rejects(bad, (error) => error instanceof JobFailed && error.code === "ENOENT"),
    assert.rejects(short, /became shorter/),
  ]);
  assert.equal((await good).lengths.length, 2);
  const waiting = [1, 2, 3].map(() => pool.run({ kind: "pack", file, offset: 0, lengths: [9] }));
  const settled = Promise.allSettled(waiting);
  await pool.close();
  for (const result of await settled) assert.equal(result.status, "rejected");
  await assert.rejects(pool.run({ kind: "pack", file, offset: 0, lengths: [9] }), JobFailed);
});

test("what the threads make arrives in the jobs' order", async (t) => {
  const folder = new BuildFolder(t);
  const file = folder.file("app", programBytes(MiB, "g"));
  const pool = new WorkerPool(2);
  t.after(() => pool.close());
  const counts = Array.from({ length: 30 }, (_, at) => 1 + ((at * 7) % 11));
  const jobs = counts.map((count) => {
    return {
      kind: "pack",
      file,
      offset: 0,
      lengths: Array.from({ length: count }, () => 20_000),
    } as const;
  });
  const seen: number[] = [];
  for await (const frames of inOrder(pool, jobs)) seen.push(frames.lengths.length);
  assert.deepEqual(seen, counts);
});
