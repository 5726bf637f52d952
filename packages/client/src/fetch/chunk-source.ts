import { constants, zstdDecompressSync } from "node:zlib";
import type { Chunk, ChunkIndex } from "@causeway/kernel";

/** One file on the routes that holds a target's chunks in the target's order. */
export interface ChunkSource {
  readonly kind: "raw" | "pack";
  /** Below a route's base: `targets/…`. */
  readonly path: string;
  readonly length: number;
  /** False for a request of the whole file, over routes that know no ranges. */
  readonly ranged: boolean;
}

/** A target as its signed index describes it, and where its chunks can be had, best first. */
export interface ChunkedFile {
  readonly index: ChunkIndex;
  readonly sources: readonly ChunkSource[];
}

const minChunkSize = 64; // node:zlib takes no smaller output buffer
const frameWindowLogMax = 20; // a frame of a chunk needs 18; more is a try to eat memory

/** Where the bytes that stand for a chunk lie in the source. */
export function rangeIn(source: ChunkSource, chunk: Chunk): { start: number; end: number } {
  return source.kind === "raw"
    ? { start: chunk.offset, end: chunk.offset + chunk.length }
    : { start: chunk.packOffset, end: chunk.packOffset + chunk.packLength };
}

/**
 * The chunk's own bytes out of what a source delivered for it; undefined when there are none to
 * be had. Nothing that a frame says of itself is believed: at most `chunk.length` bytes are made.
 */
export function unpack(
  source: ChunkSource,
  bytes: Uint8Array,
  chunk: Chunk,
): Uint8Array | undefined {
  if (source.kind === "raw") return bytes;
  try {
    return zstdDecompressSync(bytes, {
      maxOutputLength: chunk.length,
      chunkSize: Math.max(chunk.length, minChunkSize),
      params: { [constants.ZSTD_d_windowLogMax]: frameWindowLogMax },
    });
  } catch {
    return undefined; // whatever ails the frame, it is not the chunk
  }
}
