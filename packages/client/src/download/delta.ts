import { constants, zstdDecompressSync } from "node:zlib";
import {
  type Chunk,
  type DeltaSegment,
  decodeDeltaSegments,
  deltaTailLength,
  deltaWindowLog,
} from "@causeway/kernel";
import { VerifiedChunk } from "../fetch/chunk-verified.ts";
import { type OldFile, tryRead } from "./old-file.ts";
import type { Partial } from "./partial.ts";

const minChunkSize = 64; // node:zlib takes no smaller output buffer

/**
 * Makes the target out of a whole, verified delta and the old file that it starts from, segment
 * by segment (docs/delta.md says how much memory one takes). Every chunk of the outcome is
 * checked; what is right is kept even when the rest is not.
 * @returns why the target is not whole after it, or undefined when it is
 * @throws {TrustError} `TRUST_MALFORMED`: it is signed, and is no delta between these lengths
 * @throws {HostError} of the disk that `target` lies on
 * @throws the signal's reason
 */
export async function applyDelta(
  delta: Partial,
  old: OldFile,
  target: Partial,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<string | undefined> {
  const deltaLength = delta.index.target.length;
  const tail = new Uint8Array(Math.min(deltaLength, deltaTailLength));
  await delta.readAt(tail, deltaLength - tail.length);
  const lengths = { delta: deltaLength, old: old.length, new: target.index.target.length };
  const assembly = new Assembly(target);
  for (const segment of decodeDeltaSegments(tail, lengths, "delta")) {
    signal.throwIfAborted();
    // A segment whose bytes are all here, from before a kill, is not made again.
    const bytes = assembly.needs(segment) ? await makeSegment(delta, old, segment) : undefined;
    if (typeof bytes === "string") return bytes;
    await assembly.add(segment, bytes);
    onBytes(segment.newOffset + segment.newLength);
  }
  return target.whole ? undefined : "it does not lead from the old file to the new one";
}

/** @returns the segment's part of the new file, not yet verified; or why there is none */
async function makeSegment(
  delta: Partial,
  old: OldFile,
  segment: DeltaSegment,
): Promise<Uint8Array | string> {
  const frame = new Uint8Array(segment.frameLength);
  await delta.readAt(frame, segment.frameOffset);
  const dictionary = new Uint8Array(segment.oldLength);
  if (!(await tryRead(old, dictionary, segment.oldOffset))) return "the old file cannot be read";
  try {
    return zstdDecompressSync(frame, {
      dictionary,
      maxOutputLength: segment.newLength,
      // One buffer for all of it: zstd then writes into it without a window of its own.
      chunkSize: Math.max(segment.newLength, minChunkSize),
      params: { [constants.ZSTD_d_windowLogMax]: deltaWindowLog(segment) },
    });
  } catch (error) {
    return `it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** Cuts segments, which end anywhere, into the target's chunks. */
class Assembly {
  readonly #target: Partial;
  #next = 0; // the chunk that the next byte belongs to
  #open: Uint8Array = new Uint8Array(0); // that chunk's bytes from earlier segments

  constructor(target: Partial) {
    this.#target = target;
  }

  /** True when a chunk that reaches into the segment is missing. */
  needs(segment: DeltaSegment): boolean {
    const { chunks } = this.#target.index;
    for (let number = this.#next; number < chunks.length; number++) {
      const chunk = chunks.at(number);
      if (chunk === undefined || chunk.offset >= segment.newOffset + segment.newLength) break;
      if (!this.#target.has(number)) return true;
    }
    return false;
  }

  /** Takes the segment's bytes, or passes over what is here. Segments come in order. */
  async add(segment: DeltaSegment, bytes: Uint8Array | undefined): Promise<void> {
    const { chunks } = this.#target.index;
    const end = segment.newOffset + segment.newLength;
    for (let chunk = chunks.at(this.#next); chunk !== undefined; chunk = chunks.at(this.#next)) {
      if (chunk.offset >= end) return;
      const from = Math.max(chunk.offset - segment.newOffset, 0);
      const to = Math.min(chunk.offset + chunk.length, end) - segment.newOffset;
      // Of a chunk that began in a segment that was passed over, this lacks the start; but such
      // a chunk is here.
      this.#open = joined(this.#open, bytes?.subarray(from, to));
      if (chunk.offset + chunk.length > end) return;
      await this.#close(chunk);
    }
  }

  async #close(chunk: Chunk): Promise<void> {
    const bytes = this.#open;
    this.#open = new Uint8Array(0);
    const verified = this.#target.has(this.#next) ? undefined : VerifiedChunk.from(bytes, chunk);
    this.#next++;
    if (verified !== undefined) await this.#target.keep(verified);
  }
}

function joined(a: Uint8Array, b: Uint8Array | undefined): Uint8Array {
  if (b === undefined) return a;
  if (a.length === 0) return b;
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
