import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import {
  type Chunk,
  type ChunkIndex,
  decodeChunkIndex,
  HostError,
  type Store,
} from "@causeway/kernel";
import { Partial } from "../src/download/partial.ts";
import { leftovers, partialNames } from "../src/download/partial-names.ts";
import type { SyncPace } from "../src/download/sync-along.ts";
import { VerifiedChunk } from "../src/fetch/chunk-verified.ts";
import { folderStore, nodePorts } from "../src/node/index.ts";
import { changedFile, changedStore } from "./support/download-disk.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { tempFolder } from "./support/temp-folder.ts";

const MiB = 1024 * 1024;
const quiet = new AbortController().signal;
// The same bytes stand at two places of this target.
const half = programBytes(MiB, 4);
const patch = publish(Buffer.concat([half, programBytes(MiB, 5), half]));
const index: ChunkIndex = decodeChunkIndex(
  patch.files.get(patch.pathOf(patch.release.index)) ?? new Uint8Array(),
  "index",
);
const files = partialNames("app", patch.target.sha256);

const { clock: nodeClock } = nodePorts();

async function openOn(store: Store, pace: SyncPace): Promise<Partial> {
  return await Partial.open({ store, files }, index, pace, quiet);
}

async function open(folder: string): Promise<Partial> {
  return await openOn(folderStore(folder), { clock: nodeClock, bytesMax: 16 * MiB, msMax: 1_000 });
}

function verified(chunk: Chunk): VerifiedChunk {
  const bytes = patch.bytes.subarray(chunk.offset, chunk.offset + chunk.length);
  const right = VerifiedChunk.from(bytes, chunk);
  assert.ok(right !== undefined);
  return right;
}

void test("a chunk that stands at several places is fetched once and written to each", async () => {
  await using temp = await tempFolder();
  const partial = await open(temp.path);
  const names = new Set(Array.from(index.chunks, ({ sha256 }) => sha256));
  assert.ok(names.size < index.chunks.length);
  assert.equal(partial.missing().length, names.size);
  partial.hashAlong();
  for (const number of partial.missing()) {
    const chunk = index.chunks.at(number);
    if (chunk !== undefined) await partial.keep(verified(chunk));
  }
  assert.ok(partial.whole);
  assert.equal(await partial.sha256(quiet), patch.target.sha256);
  await partial.finish("app", quiet);
  assert.ok(Buffer.compare(await fs.readFile(path.join(temp.path, "app")), patch.bytes) === 0);
});

void test("a journal torn at any byte opens with what it still names", async () => {
  await using temp = await tempFolder();
  const numbers = [...partialNumbers()];
  const partial = await open(temp.path);
  for (const number of numbers) await partial.keep(verified(index.chunks.at(number) as Chunk));
  await partial.close();
  const journal = path.join(temp.path, files.journal);
  const whole = await fs.readFile(journal);
  for (let length = 40; length <= whole.length; length++) {
    await fs.writeFile(journal, whole.subarray(0, length));
    const again = await open(temp.path);
    for (const [at, number] of numbers.entries()) {
      assert.equal(again.has(number), 40 + 4 * (at + 1) <= length);
    }
    await again.close();
  }
  for (let length = 0; length < 40; length++) {
    await fs.writeFile(journal, whole.subarray(0, length));
    const again = await open(temp.path);
    for (const number of numbers) assert.ok(again.has(number), "all were looked at");
    await again.close();
  }
});

test("a disk that is slow to sync holds up no chunk, until too much would be lost", async () => {
  await using temp = await tempFolder();
  const disk = heldDisk(folderStore(temp.path));
  const partial = await openOn(disk.store, { clock: nodeClock, bytesMax: 2 * MiB, msMax: 0 });
  let held: Promise<unknown> | undefined;
  for (const number of partial.missing()) {
    const keeping = partial.keep(verified(index.chunks.at(number) as Chunk));
    const isKept = await Promise.race([keeping.then(() => true), nodeClock.sleep(200)]);
    if (isKept === true) continue;
    held = keeping;
    break;
  }
  assert.ok(held !== undefined && partial.hereLength >= 2 * MiB, `${partial.hereLength} bytes`);
  assert.deepEqual(disk.syncing, [files.part]);
  disk.release();
  await held;
  assert.ok(disk.syncing.includes(files.journal));
  await partial.close();
});

test("what the disk refused to sync is told, at the latest before the file gets its name", async () => {
  await using temp = await tempFolder();
  const disk = heldDisk(folderStore(temp.path));
  const pace = { clock: nodeClock, bytesMax: 2 * patch.bytes.length, msMax: 60_000 };
  const partial = await openOn(disk.store, pace);
  for (const number of partial.missing()) {
    await partial.keep(verified(index.chunks.at(number) as Chunk));
  }
  assert.ok(partial.whole);
  assert.deepEqual(disk.syncing, [files.part]);
  const finished = partial.finish("app", quiet);
  disk.release(new HostError("HOST_IO", "lost"));
  await assert.rejects(finished, /lost/);
  await partial.close();
  assert.equal((await fs.readdir(temp.path)).includes("app"), false);
});

/** A store whose syncs take until they are released, and the first of which may then fail. */
function heldDisk(store: Store): {
  readonly store: Store;
  /** The names of what was to be synced, in order. */
  readonly syncing: string[];
  release(error?: Error): void;
} {
  const syncing: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return {
    syncing,
    release: (error) => (error === undefined ? resolve() : reject(error)),
    store: changedStore(store, {
      async open(name, mode) {
        const handle = await store.open(name, mode);
        return changedFile(handle, {
          async sync() {
            const isFirst = syncing.push(name) === 1;
            await (isFirst ? promise : promise.catch(() => undefined));
            await handle.sync();
          },
        });
      },
    }),
  };
}

/** Some chunks that stand at one place each. */
function* partialNumbers(): Generator<number> {
  const counts = new Map<string, number>();
  for (const { sha256 } of index.chunks) counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
  let left = 5;
  for (const [number, { sha256 }] of [...index.chunks].entries()) {
    if (counts.get(sha256) === 1 && left-- > 0) yield number;
  }
}

void test("bytes of another target's part count only where they are the same", async () => {
  await using temp = await tempFolder();
  const wrong = Uint8Array.from(patch.bytes);
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  await fs.writeFile(path.join(temp.path, files.part), wrong);
  const partial = await open(temp.path);
  assert.ok(!partial.has(0));
  assert.deepEqual(partial.missing().length, 1);
  await partial.close();
});

void test("names beside an output fit a file system, and are told from the user's own", () => {
  const { sha256 } = patch.target;
  const long = "ä".repeat(120);
  for (const name of ["app", "a/b/app", long, `x/${long}`]) {
    for (const file of Object.values(partialNames(name, sha256)) as string[]) {
      const base = path.posix.basename(file);
      assert.ok(Buffer.byteLength(base) <= 255);
      assert.equal(path.posix.dirname(file), path.posix.dirname(name));
      assert.ok(leftovers(name).isOne(base));
    }
  }
  for (const file of ["app", ".app.part", ".app.zzzzzzzzzzzzzzzz.part", "..app", ".apple.part"]) {
    assert.ok(!leftovers("app").isOne(file));
  }
});
