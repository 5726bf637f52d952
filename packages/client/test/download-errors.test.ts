import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { test } from "node:test";
import {
  type ChunkIndex,
  decodeChunkIndex,
  encodeChunkIndex,
  HostError,
  type Store,
} from "@causeway/kernel";
import { folderStore } from "../src/node/index.ts";
import { changedFile, changedStore } from "./support/download-disk.ts";
import { type Published, programBytes, publish, sha256 } from "./support/download-fixture.ts";
import { quickDownload, startWorld } from "./support/download-world.ts";

const patch = publish(programBytes(1_500_000, 61));
const { length } = patch.target;

/** The same patch, with another index that is signed as well. */
function withIndex(content: Uint8Array): Published {
  const { release } = patch;
  const index = { ...release.index, length: content.length, sha256: sha256(content) };
  const files = new Map(patch.files).set(patch.pathOf(index), content);
  return { ...patch, release: { ...release, index }, files };
}

function right(): ChunkIndex {
  const bytes = patch.files.get(patch.pathOf(patch.release.index));
  return decodeChunkIndex(bytes ?? new Uint8Array(), "index");
}

const wrongIndexes: readonly (readonly [string, string, () => Uint8Array])[] = [
  ["is no index", "TRUST_MALFORMED", () => programBytes(1_000, 1)],
  ["is cut off", "TRUST_MALFORMED", () => encodeChunkIndex(right()).subarray(0, 500)],
  [
    "is of another target",
    "TRUST_MIXED",
    () => {
      const index = right();
      return encodeChunkIndex({
        ...index,
        target: { ...index.target, sha256: sha256(Buffer.from("x")) },
      });
    },
  ],
];

for (const [what, code, make] of wrongIndexes) {
  void test(`a signed index that ${what} ends in ${code}, and no route is to blame`, async () => {
    await using world = await startWorld(withIndex(make()), ["honest", "honest"]);
    await assert.rejects(world.download(), { code });
    for (const route of world.routes) assert.equal(route.state, "ok");
  });
}

void test("an index over its bound is not even asked for", async () => {
  await using world = await startWorld(patch, ["honest"]);
  const limits = { ...quickDownload, indexLengthMax: 100 };
  await assert.rejects(world.download({ limits }), { code: "TRUST_LIMIT" });
  assert.equal(world.servers[0]?.requests.length, 0);
});

void test("an index whose chunks are right and whose whole is not ends in TRUST_MISMATCH", async () => {
  const other = publish(programBytes(length, 62), { pack: false });
  const index = encodeChunkIndex({ ...other, target: right().target, pack: undefined });
  const { target, release, files } = withIndex(index);
  // The raw file that it describes, under the target's name.
  const [raw = ""] = target.locations;
  const carried = new Map(files).set(`targets/${raw}`, other.bytes);
  await using world = await startWorld({ ...patch, release, files: carried }, ["honest"]);
  await assert.rejects(world.download(), { code: "TRUST_MISMATCH" });
  await assert.rejects(fs.stat(world.output), { code: "ENOENT" });
});

void test("a disk without room is found before a byte comes, and the error has the numbers", async () => {
  await using world = await startWorld(patch, ["honest"]);
  const freeBytes = (): Promise<number> => Promise.resolve(1_000);
  const store = changedStore(folderStore(world.folder), { freeBytes });
  await assert.rejects(world.download({ output: { store, name: "app" } }), (error) => {
    assert.ok(error instanceof HostError);
    assert.equal(error.code, "HOST_FULL");
    assert.match(error.message, new RegExp(`needs ${length} bytes, and the disk has 1000 free`));
    return true;
  });
  assert.equal(world.servers[0]?.requests.length, 1, "only the index was asked for");
});

/** A disk that takes so many bytes, and then no more. */
function smallDisk(store: Store, room: number): Store {
  let left = room;
  return changedStore(store, {
    async open(name, mode) {
      const handle = await store.open(name, mode);
      return changedFile(handle, {
        async writeAt(bytes, position) {
          left -= bytes.length;
          if (left < 0) throw new HostError("HOST_FULL", "the disk is full");
          await handle.writeAt(bytes, position);
        },
      });
    },
  });
}

void test("a disk that fills up half way ends it at once, keeps what came, and blames no route", async () => {
  await using world = await startWorld(patch, ["honest", "honest"]);
  const store = smallDisk(folderStore(world.folder), length / 2);
  await assert.rejects(world.download({ output: { store, name: "app" } }), { code: "HOST_FULL" });
  for (const route of world.routes) assert.equal(route.state, "ok");
  const { reused } = await world.download();
  await world.assertWhole();
  assert.ok(reused > length * 0.3, String(reused));
});

void test("a folder at the output's place is refused before anything is fetched", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await fs.mkdir(world.output, { recursive: true });
  await assert.rejects(world.download(), (error) => error instanceof HostError);
  assert.equal(world.servers[0]?.requests.length, 0);
});

void test("an interruption before the start asks nobody, and one in the middle leaves at once", async () => {
  await using world = await startWorld(patch, ["hangs-in-body", "hangs-before-headers"]);
  await assert.rejects(world.download({ signal: AbortSignal.abort() }), { code: "INTERRUPTED" });
  assert.equal(world.servers[0]?.requests.length, 0);
  const start = performance.now();
  await assert.rejects(world.download({ signal: AbortSignal.timeout(100) }), {
    code: "INTERRUPTED",
  });
  assert.ok(performance.now() - start < 250);
});

void test("a target of no bytes is made without asking for any", async () => {
  const empty = publish(new Uint8Array(), { pack: false });
  await using world = await startWorld(empty, ["honest"]);
  await world.download();
  await world.assertWhole();
});

void test("progress is told at most ten times a second, only grows, and ends whole", async () => {
  await using world = await startWorld(patch, ["honest", "lies"]);
  const start = performance.now();
  await world.download();
  const seconds = (performance.now() - start) / 1000;
  const told = world.events.filter((event) => event.kind === "progress");
  assert.ok(told.length <= seconds * 10 + 6, `${told.length} in ${seconds} s`);
  let last = 0;
  for (const { done, total, downloaded, routes } of told) {
    assert.ok(done >= last && total === length);
    assert.equal(
      routes.reduce((sum, route) => sum + route.bytes, 0),
      downloaded,
    );
    last = done;
  }
  assert.equal(last, length);
  const change = world.events.find((event) => event.kind === "route");
  assert.equal(change?.state, "lying");
  assert.equal(world.events.at(-1)?.kind, "verify");
});
