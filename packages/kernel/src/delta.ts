import { TrustError } from "./errors.ts";
import { invariant } from "./invariant.ts";

/**
 * One zstd frame of a delta: it makes `newLength` bytes of the new file, and its dictionary is
 * `oldLength` bytes of the old one. Format: docs/delta.md.
 */
export interface DeltaSegment {
  readonly newOffset: number;
  readonly newLength: number;
  readonly oldOffset: number;
  readonly oldLength: number;
  /** Where the frame starts in the delta. */
  readonly frameOffset: number;
  readonly frameLength: number;
}

export const deltaLimits = {
  newLengthMax: 48 * 1024 * 1024, // of one segment: with it, neither side needs over 512 MiB
  oldLengthMax: 48 * 1024 * 1024, // of one segment
  windowLogMax: 27, // what every zstd decodes without being asked to; holds old and new
  segmentsMax: 4096, // 32 GiB in segments of 8 MiB
} as const;

const windowLogMin = 10; // of zstd

/**
 * The largest window that a segment's frame may ask for, as a power of two: a publisher has it hold
 * old and new, and what asks for more only takes a reader's memory.
 */
export function deltaWindowLog({
  newLength,
  oldLength,
}: Pick<DeltaSegment, "newLength" | "oldLength">): number {
  const bits = Math.ceil(Math.log2(newLength + oldLength));
  return Math.min(deltaLimits.windowLogMax, Math.max(windowLogMin, bits));
}

const skippableMagic = 0x184d2a5d;
const magic = "CWDELTA1";
const headLength = 8;
const entryLength = 20;
const footLength = 12;

/** What zstd makes of bytes that it cannot compress (ZSTD_compressBound), rounded up. */
function frameLengthMax(newLength: number): number {
  return newLength + Math.floor(newLength / 256) + 4096;
}

/** A reader of a delta looks at this many bytes of its end, or at all when it is shorter. */
export const deltaTailLength = headLength + deltaLimits.segmentsMax * entryLength + footLength;

/** What stands last in a delta of several segments: a frame that zstd itself skips. */
export function encodeDeltaTable(segments: readonly DeltaSegment[]): Uint8Array {
  invariant(segments.length <= deltaLimits.segmentsMax, "a delta has at most 4096 segments");
  const contentLength = segments.length * entryLength + footLength;
  const bytes = new Uint8Array(headLength + contentLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, skippableMagic, true);
  view.setUint32(4, contentLength, true);
  let at = headLength;
  for (const segment of segments) {
    view.setUint32(at, segment.newLength, true);
    view.setUint32(at + 4, segment.oldLength, true);
    view.setBigUint64(at + 8, BigInt(segment.oldOffset), true);
    view.setUint32(at + 16, segment.frameLength, true);
    at += entryLength;
  }
  view.setUint32(at, segments.length, true);
  new TextEncoder().encodeInto(magic, bytes.subarray(at + 4));
  return bytes;
}

/** What the signed metadata says of a delta and of the files on its two sides, in bytes. */
export interface DeltaLengths {
  readonly delta: number;
  readonly old: number;
  readonly new: number;
}

/**
 * Reads how a delta is made up. The segments cover the new file and the delta without a gap, in
 * order, and each is within `deltaLimits`.
 * @param tail the delta's last `deltaTailLength` bytes, or all of it when it is shorter
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeDeltaSegments(
  tail: Uint8Array,
  lengths: DeltaLengths,
  subject: string,
): readonly DeltaSegment[] {
  invariant(
    tail.length === Math.min(lengths.delta, deltaTailLength),
    "a delta is read by the bytes of its end",
  );
  const table = findTable(tail, subject);
  const segments =
    table === undefined ? [wholeSegment(lengths)] : readEntries(table, lengths, subject);
  checkSegments(segments, lengths, table?.byteLength ?? 0, subject);
  return segments;
}

/** @returns the table's whole frame, or undefined when the delta is one frame over the old file */
function findTable(tail: Uint8Array, subject: string): DataView | undefined {
  if (tail.length < headLength + footLength) return undefined;
  const foot = new DataView(tail.buffer, tail.byteOffset + tail.length - footLength, footLength);
  if (String.fromCharCode(...tail.subarray(-magic.length)) !== magic) return undefined;
  const count = foot.getUint32(0, true);
  const length = headLength + count * entryLength + footLength;
  if (count === 0 || count > deltaLimits.segmentsMax || length > tail.length) {
    throw malformedDelta(subject, "has a table of a wrong length");
  }
  const table = new DataView(tail.buffer, tail.byteOffset + tail.length - length, length);
  const framed =
    table.getUint32(0, true) === skippableMagic && table.getUint32(4, true) === length - headLength;
  if (!framed) throw malformedDelta(subject, "has a table that zstd would not skip");
  return table;
}

function wholeSegment(lengths: DeltaLengths): DeltaSegment {
  return {
    newOffset: 0,
    newLength: lengths.new,
    oldOffset: 0,
    oldLength: lengths.old,
    frameOffset: 0,
    frameLength: lengths.delta,
  };
}

function readEntries(table: DataView, lengths: DeltaLengths, subject: string): DeltaSegment[] {
  const segments: DeltaSegment[] = [];
  let newOffset = 0;
  let frameOffset = 0;
  for (let at = headLength; at < table.byteLength - footLength; at += entryLength) {
    const newLength = table.getUint32(at, true);
    const oldLength = table.getUint32(at + 4, true);
    const oldOffset = table.getBigUint64(at + 8, true);
    const frameLength = table.getUint32(at + 16, true);
    if (oldOffset + BigInt(oldLength) > BigInt(lengths.old)) {
      throw malformedDelta(subject, "has a segment outside the old file");
    }
    segments.push({
      newOffset,
      newLength,
      oldOffset: Number(oldOffset),
      oldLength,
      frameOffset,
      frameLength,
    });
    newOffset += newLength;
    frameOffset += frameLength;
  }
  return segments;
}

function checkSegments(
  segments: readonly DeltaSegment[],
  lengths: DeltaLengths,
  tableLength: number,
  subject: string,
): void {
  let made = 0;
  let read = tableLength;
  for (const segment of segments) {
    const { newLength, oldLength, frameLength } = segment;
    if (newLength === 0 || newLength > deltaLimits.newLengthMax || frameLength === 0) {
      throw malformedDelta(subject, "has a segment of a wrong length");
    }
    // A frame is read into memory as a whole: its length must not be free to choose.
    if (frameLength > frameLengthMax(newLength)) {
      throw malformedDelta(subject, "has a frame that is longer than it has any reason to be");
    }
    if (oldLength > deltaLimits.oldLengthMax) {
      throw malformedDelta(subject, "has a segment with too long a dictionary");
    }
    made += newLength;
    read += frameLength;
  }
  if (made !== lengths.new) throw malformedDelta(subject, "does not add up to the new file");
  if (read !== lengths.delta) throw malformedDelta(subject, "does not add up to its own length");
}

function malformedDelta(subject: string, what: string): TrustError {
  return new TrustError("TRUST_MALFORMED", subject, what);
}
