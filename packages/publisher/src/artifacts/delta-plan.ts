import { type DeltaSegment, deltaLimits, deltaWindowLog } from "@causeway/kernel";
import type { ZstdSettings } from "./job.ts";
import type { ScannedChunk } from "./scan.ts";

const MiB = 1024 * 1024;
// Measured on Node.js 24.20 -> 24.21 (126 MB, level 12), each segment in a process of its own, with
// 2 MiB of slack on both sides: 8 MiB 5.8 MB at 158 MiB of memory, 16 MiB 5.9 MB at 181, 32 MiB
// 5.9 MB at 336, 64 MiB 6.0 MB at 627; all at once 5.9 MB at 1175.
const segmentLength = 8 * MiB;
const slackLength = 2 * MiB;
// With fewer matched bytes a segment is not placed by them: they may be coincidence.
const matchedMin = MiB / 2;
// Up to here a slow level takes some seconds and stays within the memory; on 9 MB of JavaScript
// it saves 28 % of the delta, on machine code about 10 %.
const thoroughLengthMax = 12 * MiB;
const memoryBudget = 280 * MiB; // with Node.js and what the pack left, under 512 MiB

// A dictionary that starts so is not taken as plain bytes (RFC 8878 section 5).
const dictionaryMagic = 0xec30a437;

/** A segment that has no frame yet. */
export type PlannedSegment = Omit<DeltaSegment, "frameOffset" | "frameLength">;

/** The two sides of a delta. */
export interface DeltaSides {
  readonly newLength: number;
  readonly newChunks: readonly ScannedChunk[];
  readonly oldLength: number;
  readonly oldChunks: readonly ScannedChunk[];
}

/**
 * Divides the new file into segments and gives each one the range of the old file that it most
 * likely came from. One segment over both files whole when they are small enough.
 * @returns [] when the new file is empty, or beyond what a delta can describe
 */
export function planSegments(sides: DeltaSides): readonly PlannedSegment[] {
  const { newLength, oldLength } = sides;
  if (newLength === 0 || newLength > deltaLimits.segmentsMax * segmentLength) return [];
  if (newLength <= deltaLimits.newLengthMax && oldLength <= deltaLimits.oldLengthMax) {
    return [{ newOffset: 0, newLength, oldOffset: 0, oldLength }];
  }
  const count = Math.ceil(newLength / segmentLength);
  const length = Math.ceil(newLength / count);
  const bounds = Array.from({ length: count }, (_, at): [number, number] => {
    return [at * length, Math.min((at + 1) * length, newLength)];
  });
  const oldOffsets = uniqueOffsets(sides.oldChunks);
  const known = bounds.map(([start, end]) => shiftOf(start, end, sides.newChunks, oldOffsets));
  const shifts = fillGaps(known, oldLength - newLength);
  return bounds.map(([start, end], at) => {
    const wished = start + (shifts[at] ?? 0) - slackLength;
    const rangeLength = Math.min(oldLength, end - start + 2 * slackLength);
    const oldOffset = Math.round(Math.min(Math.max(wished, 0), oldLength - rangeLength));
    return { newOffset: start, newLength: end - start, oldOffset, oldLength: rangeLength };
  });
}

/**
 * The same segment without the old range's first byte when zstd would read the range as a
 * prepared dictionary instead of as plain bytes.
 * @param head the first bytes of the range
 */
export function avoidMagic(segment: PlannedSegment, head: Uint8Array): PlannedSegment {
  if (head.length < 4) return segment;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(0, true) !== dictionaryMagic) return segment;
  return { ...segment, oldOffset: segment.oldOffset + 1, oldLength: segment.oldLength - 1 };
}

/** A chunk of the new file that the old file has too, at exactly one place. */
interface PlacedChunk {
  readonly length: number;
  readonly oldOffset: number;
  /** How much further on it stands in the old file. */
  readonly shift: number;
}

/**
 * How much further on the bytes from `start` to `end` stand in the old file: looks for the one
 * range that has most of their chunks, then takes the median. Undefined when too few are there.
 */
function shiftOf(
  start: number,
  end: number,
  newChunks: readonly ScannedChunk[],
  oldOffsets: ReadonlyMap<string, number>,
): number | undefined {
  const placed = placedChunks(start, end, newChunks, oldOffsets);
  const reach = end - start + 2 * slackLength;
  let best: readonly [bytes: number, first: number, end: number] = [0, 0, 0];
  let bytes = 0;
  let first = 0;
  for (const [last, chunk] of placed.entries()) {
    bytes += chunk.length;
    for (;;) {
      const oldest = placed[first];
      if (oldest === undefined || chunk.oldOffset - oldest.oldOffset <= reach) break;
      bytes -= oldest.length;
      first++;
    }
    if (bytes > best[0]) best = [bytes, first, last + 1];
  }
  return best[0] < matchedMin ? undefined : medianShift(placed.slice(best[1], best[2]), best[0]);
}

function placedChunks(
  start: number,
  end: number,
  newChunks: readonly ScannedChunk[],
  oldOffsets: ReadonlyMap<string, number>,
): PlacedChunk[] {
  const placed: PlacedChunk[] = [];
  for (let at = firstFrom(newChunks, start); at < newChunks.length; at++) {
    const chunk = newChunks[at];
    if (chunk === undefined || chunk.offset >= end) break;
    const oldOffset = oldOffsets.get(chunk.sha256);
    if (oldOffset === undefined) continue;
    placed.push({ length: chunk.length, oldOffset, shift: oldOffset - chunk.offset });
  }
  return placed.toSorted((a, b) => a.oldOffset - b.oldOffset);
}

/** Where the first chunk at or after `offset` is, by bisection. */
function firstFrom(chunks: readonly ScannedChunk[], offset: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunks[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where each chunk stands that the file has exactly once; the others say nothing of order. */
function uniqueOffsets(chunks: readonly ScannedChunk[]): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  const repeated = new Set<string>();
  for (const { sha256, offset } of chunks) {
    if (offsets.has(sha256)) repeated.add(sha256);
    else offsets.set(sha256, offset);
  }
  for (const sha256 of repeated) offsets.delete(sha256);
  return offsets;
}

/** The shift that half of the bytes lie on either side of. */
function medianShift(placed: readonly PlacedChunk[], bytes: number): number | undefined {
  let below = 0;
  for (const chunk of placed.toSorted((a, b) => a.shift - b.shift)) {
    below += chunk.length;
    if (2 * below >= bytes) return chunk.shift;
  }
  return undefined;
}

/** Draws straight lines between the shifts that are known; 0 stands in front, `last` behind. */
function fillGaps(shifts: readonly (number | undefined)[], last: number): readonly number[] {
  const filled: number[] = [];
  let knownAt = -1;
  let known = 0;
  for (const [at, shift] of [...shifts, last].entries()) {
    if (shift === undefined) continue;
    const span = at - knownAt;
    for (let step = 1; step <= span; step++) filled.push(known + ((shift - known) * step) / span);
    knownAt = at;
    known = shift;
  }
  return filled;
}

/**
 * Derived from the lengths; with zstd's own, the old file falls out of its tables.
 * @param wholeLength of the new file, all segments together
 */
export function zstdSettings(segment: PlannedSegment, wholeLength: number): ZstdSettings {
  const { oldLength } = segment;
  const oldLog = bitLength(oldLength);
  const windowLog = deltaWindowLog(segment);
  if (Math.max(wholeLength, oldLength) <= thoroughLengthMax) {
    return {
      level: 19,
      windowLog,
      hashLog: Math.max(oldLog - 2, 10),
      chainLog: Math.max(oldLog, 10),
    };
  }
  // Less than half as many entries as old bytes, and the delta grows: 9 % at a third. At the full
  // 48 MiB a third has to do, or the tables alone would take 320 MiB.
  const hashLog = clamp(oldLog - 1, 10, 24);
  return { level: 12, windowLog, hashLog, chainLog: hashLog }; // this level has no chains
}

/** How many segments may be compressed at once so that all stay within the memory. */
export function segmentsAtOnce(segment: PlannedSegment, wholeLength: number): number {
  const { level, hashLog, chainLog } = zstdSettings(segment, wholeLength);
  // zstd builds its tables twice: of the dictionary, and of the frame. Level 12 has rows of
  // hashes with a byte of tag each, level 19 a hash table and binary trees.
  const tables = level === 19 ? 8 * (2 ** hashLog + 2 ** chainLog) : 10 * 2 ** hashLog;
  const bytes = 2 * segment.oldLength + 2 * segment.newLength + tables;
  return Math.max(1, Math.floor(memoryBudget / bytes));
}

/** The smallest `n` with 2^n >= value. */
function bitLength(value: number): number {
  return 32 - Math.clz32(Math.max(value, 1) - 1);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
