import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type Chunk, type Sha256, TrustError } from "@causeway/kernel";
import { ChunkNames } from "../src/download/chunk-names.ts";

const count = 20_000;

function chunksOf(nameOf: (number: number) => string): Chunk[] {
  return Array.from({ length: count }, (_, number) => {
    const sha256 = nameOf(number) as Sha256;
    return { sha256, offset: number, length: 1, packOffset: 0, packLength: 0 };
  });
}

const hashed = (number: number): string => {
  return createHash("sha256").update(String(number)).digest("hex");
};

test("names of chunks are found, however often one repeats", () => {
  for (const names of [hashed, (number: number) => hashed(number % 7), () => hashed(0)]) {
    const chunks = chunksOf(names);
    ChunkNames.require(chunks, "index");
    const known = new ChunkNames(chunks);
    assert.equal(
      known.firstOf(names(count - 1) as Sha256),
      chunks.findIndex(({ sha256 }) => sha256 === names(count - 1)),
    );
    assert.equal(
      [...known.allOf(names(0) as Sha256)].length,
      chunks.filter(({ sha256 }) => sha256 === names(0)).length,
    );
  }
});

test("signed names that were chosen to meet in one place are refused by counting, not by the clock", () => {
  const meeting = (number: number): string => `5a5a5a5a${hashed(number).slice(8)}`;
  const near = (number: number): string => `000000${"0123"[number % 4]}0${hashed(number).slice(8)}`;
  for (const names of [meeting, near]) {
    assert.throws(
      () => ChunkNames.require(chunksOf(names), "index"),
      (error) => {
        assert.ok(error instanceof TrustError);
        assert.deepEqual([error.code, error.subject], ["TRUST_MALFORMED", "index"]);
        return true;
      },
    );
  }
});
