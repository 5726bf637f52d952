import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import {
  type Chunk,
  type ChunkIndex,
  chunkIndexLength,
  chunkLengths,
  chunkLengthsOf,
  decodeChunkIndex,
  encodeChunkIndex,
  type Sha256,
} from "@causeway/kernel";
import fc from "fast-check";
import { countedBytes } from "./support/counted-bytes.ts";
import { codeOf, valueOrCode } from "./support/throws.ts";

const sha256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as Sha256);

const chunk = fc.record({
  sha256,
  length: fc.integer({ min: 1, max: chunkLengths.max }),
  packLength: fc.integer({ min: 1, max: chunkLengths.max }),
});

const index = fc
  .record({ target: sha256, pack: fc.option(sha256), chunks: fc.array(chunk, { maxLength: 30 }) })
  .map(({ target, pack, chunks }): ChunkIndex => {
    let offset = 0;
    let packOffset = 0;
    const packed = pack !== null && chunks.length > 0;
    const placed = chunks.map((next) => {
      const packLength = packed ? next.packLength : 0;
      const here = { ...next, packLength, offset, packOffset };
      offset += next.length;
      packOffset += packLength;
      return here;
    });
    return {
      target: { length: offset, sha256: target },
      pack: packed ? { length: packOffset, sha256: pack } : undefined,
      chunks: placed,
    };
  });

function plain({ sha256: name, offset, length, packOffset, packLength }: Chunk): Chunk {
  return { sha256: name, length, packLength, offset, packOffset };
}

test("an index gives back what was written, with or without a pack, also of no chunk", () => {
  fc.assert(
    fc.property(index, (value) => {
      const bytes = encodeChunkIndex(value);
      assert.equal(bytes.length, chunkIndexLength(value.chunks.length));
      const { chunks, ...read } = decodeChunkIndex(bytes, "index");
      assert.deepEqual({ ...read, chunks: Array.from(chunks, plain) }, value);
      assert.equal(chunks.length, [...value.chunks].length);
      for (const none of [-1, chunks.length, 0.5, Number.NaN]) {
        assert.equal(chunks.at(none), undefined);
      }
    }),
  );
});

test("the index of a known file is the one that docs/chunk-index.md names", () => {
  const bytes = countedBytes(1024 * 1024);
  let offset = 0;
  const chunks = chunkLengthsOf(bytes).map((length) => {
    const name = hash("sha256", bytes.subarray(offset, offset + length)) as Sha256;
    offset += length;
    return { sha256: name, offset: offset - length, length, packOffset: 0, packLength: 0 };
  });
  const target = { length: bytes.length, sha256: hash("sha256", bytes) as Sha256 };
  const encoded = encodeChunkIndex({ target, pack: undefined, chunks });
  assert.equal(
    hash("sha256", encoded),
    "7f1392cb335ad7d40966b356c371fe065cc403e7278e8ddbbc741edf5fe7de37",
  );
});

test("a cut index is refused at every length", () => {
  const [value] = fc.sample(index, { seed: 5, numRuns: 1 });
  assert.ok(value);
  const bytes = encodeChunkIndex(value);
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    assert.equal(
      codeOf(() => decodeChunkIndex(cut, "index")),
      "TRUST_MALFORMED",
    );
  }
});

test("an index whose numbers do not add up is refused", () => {
  const name = "ab".repeat(32) as Sha256;
  const entry = { sha256: name, offset: 0, length: 100, packOffset: 0, packLength: 50 };
  const bytes = encodeChunkIndex({
    target: { length: 100, sha256: name },
    pack: { length: 50, sha256: name },
    chunks: [entry],
  });
  assert.equal(decodeChunkIndex(bytes, "index").chunks.length, 1);
  const wrong: readonly (readonly [at: number, value: number])[] = [
    [0, 0], // another magic
    [8, 101], // the target's length
    [12, 0xffffffff], // a target's length beyond 2^53
    [48, 51], // the pack's length
    [52, 0xffffffff], // a pack's length beyond 2^53
    [88, 0], // the number of chunks
    [88, 2],
    [88, 0xffffffff],
    [92, 0], // a chunk of nothing
    [92, chunkLengths.max + 1],
    [96, 0], // a chunk without a frame
    [96, 0xffffffff],
  ];
  for (const [at, value] of wrong) {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    const code = codeOf(() => decodeChunkIndex(copy, "index"));
    assert.equal(code, "TRUST_MALFORMED", `${value} at ${at}`);
  }
});

test("a frame longer than zstd makes of any chunk is refused, although all adds up", () => {
  const name = "ab".repeat(32) as Sha256;
  const encoded = (packLength: number): Uint8Array => {
    return encodeChunkIndex({
      target: { length: 100, sha256: name },
      pack: { length: packLength, sha256: name },
      chunks: [{ sha256: name, offset: 0, length: 100, packOffset: 0, packLength }],
    });
  };
  const most = chunkLengths.max + 4096;
  assert.equal(decodeChunkIndex(encoded(most), "index").pack?.length, most);
  const code = codeOf(() => decodeChunkIndex(encoded(most + 1), "index"));
  assert.equal(code, "TRUST_MALFORMED");
});

test("hostile bytes are refused or read, never anything else", () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(index, flips, (value, changes) => {
      const bytes = encodeChunkIndex(value);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const read = valueOrCode(() => decodeChunkIndex(bytes, "index"));
      if (typeof read === "string") assert.equal(read, "TRUST_MALFORMED");
      else assert.deepEqual(encodeChunkIndex(read).subarray(0, 56), bytes.subarray(0, 56));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(
        codeOf(() => decodeChunkIndex(bytes, "index")),
        "TRUST_MALFORMED",
      );
    }),
  );
});
