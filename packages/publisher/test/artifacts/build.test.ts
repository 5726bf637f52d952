import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import { type ChunkIndex, decodeChunkIndex } from "@causeway/kernel";
import type { Built } from "../../src/artifacts/build.ts";
import { applyDelta } from "../support/apply-delta.ts";
import { BuildFolder, sha256Of } from "../support/build-folder.ts";
import { nextVersion, programBytes, randomBytes } from "../support/program-files.ts";

const KiB = 1024;

test("raw copy, index and pack agree, and every file is named by its hash", async (t) => {
  const folder = new BuildFolder(t);
  const bytes = programBytes(700 * KiB, "a");
  const built = await folder.build(folder.file("app", bytes));
  assert.deepEqual(readFileSync(built.raw.file), bytes);
  checkNames(built);
  const index = indexOf(built);
  assert.equal(index.target.sha256, sha256Of(bytes));
  assert.ok(built.pack && index.chunks.length > 5);
  const pack = readFileSync(built.pack.file);
  assert.equal(index.pack?.sha256, sha256Of(pack));
  for (const chunk of index.chunks) {
    const raw = bytes.subarray(chunk.offset, chunk.offset + chunk.length);
    assert.equal(chunk.sha256, sha256Of(raw));
    const frame = pack.subarray(chunk.packOffset, chunk.packOffset + chunk.packLength);
    assert.deepEqual(zstdDecompressSync(frame, { maxOutputLength: chunk.length }), raw);
  }
  assert.equal(folder.left().length, 3);
});

test("the zstd of the system turns the whole pack into the target", async (t) => {
  const folder = new BuildFolder(t);
  const hole = Buffer.alloc(900 * KiB); // chunks that are the same, one after the other
  const bytes = Buffer.concat([programBytes(700 * KiB, "b"), hole, programBytes(100 * KiB, "c")]);
  const { pack } = await folder.build(folder.file("app", bytes));
  assert.ok(pack);
  const out = join(folder.path, "unpacked");
  execFileSync("zstd", ["-q", "-d", pack.file, "-o", out]);
  assert.equal(sha256Of(readFileSync(out)), sha256Of(bytes));
  // Each frame says its length, so a reader knows how much room it needs.
  assert.match(
    execFileSync("zstd", ["-lv", pack.file], { stdio: "pipe" }).toString(),
    /Decompressed Size: 1.66 MiB/,
  );
});

for (const [what, length] of [
  ["no chunk", 0],
  ["one byte", 1],
  ["one chunk", 20_000],
  ["two chunks", 120_000],
  ["three chunks", 190_000],
] as const) {
  test(`a file of ${what} is built`, async (t) => {
    const folder = new BuildFolder(t);
    const bytes = programBytes(length, "tiny");
    const old = folder.old("old", programBytes(length + 9, "tiny"));
    const built = await folder.build(folder.file("app", bytes), { olds: [old] });
    checkNames(built);
    const index = indexOf(built);
    assert.equal(index.target.length, length);
    assert.equal(index.pack === undefined, length < 2);
    assert.deepEqual(readFileSync(built.raw.file), bytes);
  });
}

test("the same input gives the same bytes, whatever the number of threads", async (t) => {
  const folder = new BuildFolder(t);
  const first = programBytes(2500 * KiB, "c");
  const file = folder.file("app", nextVersion(first, "c2"));
  const olds = [folder.old("old", first)];
  const results: string[] = [];
  for (const workers of [1, 2]) {
    const { notes, ...files } = await folder.build(file, { olds, workers });
    assert.deepEqual(notes, []);
    results.push(JSON.stringify(files));
  }
  assert.equal(new Set(results).size, 1);
  assert.equal(folder.left().length, 5);
});

test("a delta is one frame that zstd --patch-from of the system decodes", async (t) => {
  const folder = new BuildFolder(t);
  const first = programBytes(3000 * KiB, "d");
  const second = nextVersion(first, "d2");
  const old = folder.old("old", first);
  const built = await folder.build(folder.file("app", second), { olds: [old] });
  const [delta] = built.deltas;
  assert.ok(delta);
  assert.equal(delta.fromSha256, old.sha256);
  assert.ok(delta.length < 20_000, `${delta.length} bytes`);
  const out = join(folder.path, "patched");
  execFileSync("zstd", ["-q", "-d", `--patch-from=${old.file}`, delta.file, "-o", out]);
  assert.deepEqual(readFileSync(out), second);
  assert.deepEqual(Buffer.from(applyDelta(delta.file, old.file, second.length)), second);
  const index = decodeChunkIndex(readFileSync(delta.index.file), "index");
  assert.equal(index.target.sha256, delta.sha256);
  assert.equal(index.pack, undefined);
});

test("an old file that zstd would take for a prepared dictionary still makes a delta", async (t) => {
  const folder = new BuildFolder(t);
  const first = programBytes(600 * KiB, "e");
  first.writeUInt32LE(0xec30a437, 0);
  const second = nextVersion(first, "e2");
  const old = folder.old("old", first);
  const built = await folder.build(folder.file("app", second), { olds: [old] });
  const [delta] = built.deltas;
  assert.ok(delta);
  assert.deepEqual(Buffer.from(applyDelta(delta.file, old.file, second.length)), second);
});

test("a file that does not compress has no pack, and a note says so", async (t) => {
  const folder = new BuildFolder(t);
  const built = await folder.build(folder.file("app.zip", randomBytes(400 * KiB, "f")));
  assert.equal(built.pack, undefined);
  assert.equal(indexOf(built).pack, undefined);
  assert.match(built.notes.join(), /no pack: .*compressed already/);
  assert.equal(folder.left().length, 2);
});

test("a delta that does not pay is left out, and a note says why", async (t) => {
  const folder = new BuildFolder(t);
  const bytes = programBytes(400 * KiB, "g");
  const same = folder.old("same", bytes);
  const strange = folder.old("strange", randomBytes(400 * KiB, "g2"));
  const good = folder.old("good", nextVersion(bytes, "g3"));
  const damaged = {
    name: "damaged",
    file: folder.file("damaged", bytes.subarray(1)),
    sha256: same.sha256,
  };
  const missing = { name: "missing", file: join(folder.path, "missing"), sha256: same.sha256 };
  const olds = [same, strange, missing, damaged, good];
  const built = await folder.build(folder.file("app", bytes), { olds });
  assert.deepEqual(
    built.deltas.map((delta) => delta.fromSha256),
    [good.sha256],
  );
  const notes = built.notes.join("\n");
  assert.equal(built.notes.length, 4, notes);
  assert.match(notes, /same: it would save too little/);
  assert.match(notes, /strange: it would save too little/);
  assert.match(notes, /missing: cannot read .*: it is not there/);
  assert.match(notes, /damaged: its bytes are not those that were published/);
  assert.equal(folder.left().length, 5);
});

test("the vendor's file is copied, not linked, and a hole stays a hole", async (t) => {
  const folder = new BuildFolder(t);
  const bytes = Buffer.alloc(8000 * KiB);
  programBytes(100 * KiB, "h").copy(bytes, 3000 * KiB);
  const file = folder.file("app", bytes);
  const { raw } = await folder.build(file);
  assert.notEqual(statSync(raw.file).ino, statSync(file).ino);
  assert.equal(statSync(file).nlink, 1);
  assert.deepEqual(readFileSync(raw.file), bytes);
  assert.ok(statSync(raw.file).blocks * 512 < 400 * KiB);
});

test("progress runs from nothing to all in each step, in bytes", async (t) => {
  const folder = new BuildFolder(t);
  const first = programBytes(2500 * KiB, "i");
  const second = nextVersion(first, "i2");
  const seen = new Map<string, number[]>();
  await folder.build(folder.file("app", second), {
    olds: [folder.old("old", first)],
    onProgress: ({ step, done, total }) => {
      seen.set(step, [...(seen.get(step) ?? []), done / total]);
    },
  });
  assert.deepEqual([...seen.keys()].toSorted(), ["delta", "pack", "read"]);
  for (const parts of seen.values()) {
    assert.deepEqual(
      parts,
      parts.toSorted((a, b) => a - b),
    );
    assert.equal(parts.at(-1), 1);
  }
});

function checkNames(built: Built): void {
  const deltas = built.deltas.flatMap((delta) => [delta, delta.index]);
  for (const file of [built.raw, built.index, ...(built.pack ? [built.pack] : []), ...deltas]) {
    const bytes = readFileSync(file.file);
    assert.equal(sha256Of(bytes), file.sha256);
    assert.equal(basename(file.file), file.sha256);
    assert.equal(bytes.length, file.length);
  }
}

function indexOf(built: Built): ChunkIndex {
  return decodeChunkIndex(readFileSync(built.index.file), "index");
}
