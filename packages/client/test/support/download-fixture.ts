import { createHash } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";
import {
  type Artifact,
  type Chunk,
  canonicalJson,
  chunkLengthsOf,
  type Delta,
  type DeltaSegment,
  deltaListPath,
  deltaPath,
  encodeChunkIndex,
  encodeDeltas,
  encodeDeltaTable,
  hashedTargetPath,
  indexPath,
  packPath,
  type ReleaseRecord,
  type Sha256,
  type TargetPath,
  type Version,
} from "@causeway/kernel";
import type { DownloadRequest } from "../../src/download/download-request.ts";

export const sha256 = (bytes: Uint8Array): Sha256 => {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
};

/** Bytes that look like a program's: half of them compress. The same seed gives the same. */
export function programBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = (at >> 10) & 1 ? state & 255 : state & 3;
  }
  return bytes;
}

export interface Published {
  readonly bytes: Uint8Array;
  readonly target: DownloadRequest["target"];
  readonly release: ReleaseRecord;
  readonly deltas: readonly Delta[];
  readonly chunks: readonly Chunk[];
  /** What a route carries, by path. */
  readonly files: Map<string, Uint8Array>;
  pathOf(artifact: Artifact): string;
}

export interface PublishOptions {
  readonly pack?: boolean;
  readonly olds?: readonly Uint8Array[];
  /** Puts something else in the pack than belongs there, before it is signed. */
  readonly spoilPack?: boolean;
  /** Bytes of the new file in one segment of a delta; all of it by default. */
  readonly segmentLength?: number;
  /** Changes a delta before it is signed. */
  readonly spoilDelta?: (bytes: Uint8Array) => Uint8Array;
  /** Changes the list of deltas before it is signed. */
  readonly spoilDeltaList?: (bytes: Uint8Array) => Uint8Array;
}

const path = "patches/app/2.0/any/app" as TargetPath;

/** Publishes a target as the publisher does, in memory. */
export function publish(bytes: Uint8Array, options: PublishOptions = {}): Published {
  const files = new Map<string, Uint8Array>();
  const add = (at: TargetPath, content: Uint8Array): Artifact => {
    const artifact = { path: at, length: content.length, sha256: sha256(content) };
    files.set(pathOf(artifact), content);
    return artifact;
  };
  const frames = framesOf(bytes, options.spoilPack === true);
  const pack = options.pack === false ? undefined : add(packPath(path), Buffer.concat(frames));
  const chunks = chunksOf(bytes, pack && frames);
  const target = { length: bytes.length, sha256: sha256(bytes) };
  const index = add(indexPath(path), encodeChunkIndex({ target, pack, chunks }));
  const raw = add(path, bytes);
  const deltas = (options.olds ?? []).map((old, number): Delta => {
    const right = deltaOf(old, bytes, options.segmentLength ?? bytes.length);
    const content = options.spoilDelta?.(right) ?? right;
    const version = `1.${number}` as Version;
    const delta = add(deltaPath(path, version), content);
    const parts = { target: delta, pack: undefined, chunks: chunksOf(content, undefined) };
    const deltaIndex = add(indexPath(delta.path), encodeChunkIndex(parts));
    const from = { length: old.length, sha256: sha256(old), version };
    return { ...delta, from, index: deltaIndex };
  });
  const list = canonicalJson(encodeDeltas(deltas));
  const spoilt = options.spoilDeltaList?.(list) ?? list;
  const release = {
    product: "app",
    version: "2.0",
    platform: "any",
    severity: "critical",
    advisories: [],
    install: "file",
    releasedAt: "2003-08-11T00:00:00Z",
    index,
    ...(pack && { pack }),
    ...(deltas.length > 0 && { deltas: add(deltaListPath(path), spoilt) }),
  } as unknown as ReleaseRecord;
  const locations = [hashedTargetPath(raw.path, raw.sha256)];
  return { bytes, target: { ...raw, locations }, release, deltas, chunks, files, pathOf };
}

function pathOf(artifact: Artifact): string {
  return `targets/${hashedTargetPath(artifact.path, artifact.sha256)}`;
}

function framesOf(bytes: Uint8Array, spoil: boolean): Uint8Array[] {
  let at = 0;
  return chunkLengthsOf(bytes).map((length) => {
    const chunk = Uint8Array.from(bytes.subarray(at, at + length));
    at += length;
    if (spoil) chunk[0] = (chunk[0] ?? 0) ^ 255;
    return zstdCompressSync(chunk, { pledgedSrcSize: length });
  });
}

function chunksOf(bytes: Uint8Array, frames: readonly Uint8Array[] | undefined): Chunk[] {
  let offset = 0;
  let packOffset = 0;
  return chunkLengthsOf(bytes).map((length, number) => {
    const packLength = frames?.[number]?.length ?? 0;
    const name = sha256(bytes.subarray(offset, offset + length));
    const chunk = { sha256: name, offset, length, packOffset, packLength };
    offset += length;
    packOffset += packLength;
    return chunk;
  });
}

/** A delta in segments of the new file, each over the same place of the old one. */
export function deltaOf(old: Uint8Array, bytes: Uint8Array, segmentLength: number): Uint8Array {
  const frames: Uint8Array[] = [];
  const segments: DeltaSegment[] = [];
  let frameOffset = 0;
  for (let newOffset = 0; newOffset < bytes.length; newOffset += segmentLength) {
    const part = bytes.subarray(newOffset, newOffset + segmentLength);
    const oldOffset = Math.min(newOffset, old.length);
    const dictionary =
      segmentLength >= bytes.length ? old : old.subarray(oldOffset).subarray(0, segmentLength * 2);
    const frame = zstdCompressSync(part, {
      dictionary,
      params: {
        [constants.ZSTD_c_compressionLevel]: 9,
        [constants.ZSTD_c_windowLog]: 24,
      },
    });
    const [newLength, oldLength] = [part.length, dictionary.length];
    const frameLength = frame.length;
    segments.push({ newOffset, newLength, oldOffset, oldLength, frameOffset, frameLength });
    frameOffset += frameLength;
    frames.push(frame);
  }
  if (segments.length > 1) frames.push(encodeDeltaTable(segments));
  return Buffer.concat(frames);
}
