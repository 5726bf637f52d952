import { type Chunks, ChunkTable, chunkEntryLength } from "./chunk-table.ts";
import { TrustError } from "./errors.ts";
import { toHex, writeHex } from "./hex.ts";
import { invariant } from "./invariant.ts";
import type { Sha256 } from "./names.ts";

/** The signed list of a target's chunks. Format: docs/chunk-index.md. */
export interface ChunkIndex {
  readonly target: { readonly length: number; readonly sha256: Sha256 };
  readonly pack: { readonly length: number; readonly sha256: Sha256 } | undefined;
  readonly chunks: Chunks;
}

/** Bounds of FastCDC's cut points; a chunk is never longer. */
export const chunkLengths = { min: 16 * 1024, average: 64 * 1024, max: 256 * 1024 } as const;

const magic = "CWINDEX1";
const headLength = 8 + 8 + 32 + 8 + 32 + 4;
const chunksMax = 16 * 1024 * 1024; // a TiB of average chunks
// zstd's worst case for a chunk of 256 KiB (ZSTD_compressBound), rounded up.
const frameLengthMax = chunkLengths.max + 4096;

/** Bytes of an index of `chunkCount` chunks. */
export function chunkIndexLength(chunkCount: number): number {
  return headLength + chunkCount * chunkEntryLength;
}

export function encodeChunkIndex(index: ChunkIndex): Uint8Array {
  invariant(index.chunks.length <= chunksMax, "an index has at most 2^24 chunks");
  const bytes = new Uint8Array(chunkIndexLength(index.chunks.length));
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto(magic, bytes);
  view.setBigUint64(8, BigInt(index.target.length), true);
  writeHex(index.target.sha256, bytes, 16);
  if (index.pack !== undefined) {
    view.setBigUint64(48, BigInt(index.pack.length), true);
    writeHex(index.pack.sha256, bytes, 56);
  }
  view.setUint32(88, index.chunks.length, true);
  let at = headLength;
  for (const chunk of index.chunks) {
    view.setUint32(at, chunk.length, true);
    view.setUint32(at + 4, chunk.packLength, true);
    writeHex(chunk.sha256, bytes, at + 8);
    at += chunkEntryLength;
  }
  return bytes;
}

/**
 * Reads an index; linear in its length. A caller bounds `bytes` by the signed length, and
 * does not change them afterwards: the chunks stay in them.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeChunkIndex(bytes: Uint8Array, subject: string): ChunkIndex {
  const fail = (what: string): TrustError => new TrustError("TRUST_MALFORMED", subject, what);
  if (bytes.length < headLength || ascii(bytes.subarray(0, 8)) !== magic) {
    throw fail("is no chunk index");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(88, true);
  if (count > chunksMax || bytes.length !== chunkIndexLength(count)) {
    throw fail("has another length than its chunk count says");
  }
  const chunks = new ChunkTable(bytes.subarray(headLength));
  const hasPack = view.getBigUint64(48, true) > 0n;
  for (let at = headLength; at < bytes.length; at += chunkEntryLength) {
    const length = view.getUint32(at, true);
    const packLength = view.getUint32(at + 4, true);
    if (length === 0 || length > chunkLengths.max) throw fail("has a chunk of a wrong length");
    if (packLength > frameLengthMax) throw fail("has a frame of a wrong length");
    if (hasPack && packLength === 0) throw fail("has a chunk without a frame");
  }
  const { target, pack } = chunks.lengths;
  if (safeUint64(view, 8) !== target) throw fail("has chunks that do not add up to the target");
  if (safeUint64(view, 48) !== pack) throw fail("has frames that do not add up to the pack");
  return {
    target: { length: target, sha256: sha256At(bytes, 16) },
    pack: hasPack ? { length: pack, sha256: sha256At(bytes, 56) } : undefined,
    chunks,
  };
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function sha256At(bytes: Uint8Array, at: number): Sha256 {
  return toHex(bytes.subarray(at, at + 32)) as Sha256;
}

/** @returns the value, or -1 when it is beyond 2^53-1 */
function safeUint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : -1;
}
