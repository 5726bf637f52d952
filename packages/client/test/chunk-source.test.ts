import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { constants, createZstdCompress } from "node:zlib";
import type { Chunk, Sha256 } from "@causeway/kernel";
import { unpack } from "../src/fetch/chunk-source.ts";

const bytes = Buffer.alloc(200_000, "a patch ");
const pack = { kind: "pack", path: "targets/pack", length: 1, ranged: true } as const;

/** A frame that does not say how much it holds, and asks for a window of 2 ** windowLog bytes. */
async function frame(windowLog: number): Promise<Buffer> {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: windowLog } });
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  stream.write(bytes.subarray(0, 1000)); // a first part by itself keeps the length out of the head
  stream.flush(() => stream.end(bytes.subarray(1000)));
  await once(stream, "end");
  return Buffer.concat(parts);
}

function chunkOf(packed: Uint8Array, length = bytes.length): Chunk {
  const sha256 = "0".repeat(64) as Sha256;
  return { sha256, offset: 0, length, packOffset: 0, packLength: packed.length };
}

test("a frame of a chunk is decoded", async () => {
  const packed = await frame(18);
  assert.ok(unpack(pack, packed, chunkOf(packed))?.toString() === bytes.toString());
});

test("a frame that asks for a window larger than any chunk is no chunk", async () => {
  const packed = await frame(24);
  assert.ok(unpack(pack, packed, chunkOf(packed)) === undefined);
});

test("a frame that holds more than its chunk is no chunk", async () => {
  const packed = await frame(18);
  assert.ok(unpack(pack, packed, chunkOf(packed, bytes.length - 1)) === undefined);
});
