import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { type DeltaSegment, decodeDeltaSegments, deltaTailLength } from "@causeway/kernel";

/** The delta's segments, as a client reads them. */
export function segmentsOf(
  deltaFile: string,
  lengths: { readonly old: number; readonly new: number },
): readonly DeltaSegment[] {
  const delta = readFileSync(deltaFile);
  const tail = delta.subarray(Math.max(0, delta.length - deltaTailLength));
  return decodeDeltaSegments(tail, { ...lengths, delta: delta.length }, "delta");
}

/** The plainest way to apply a delta: all in memory. The client has its own. */
export function applyDelta(deltaFile: string, oldFile: string, newLength: number): Uint8Array {
  const old = readFileSync(oldFile);
  const made = new Uint8Array(newLength);
  for (const segment of segmentsOf(deltaFile, { old: old.length, new: newLength })) {
    const bytes = zstdDecompressSync(frameOf(deltaFile, segment), {
      dictionary: old.subarray(segment.oldOffset, segment.oldOffset + segment.oldLength),
      maxOutputLength: segment.newLength,
    });
    made.set(bytes, segment.newOffset);
  }
  return made;
}

export function frameOf(deltaFile: string, segment: DeltaSegment): Buffer {
  return rangeOf(deltaFile, segment.frameOffset, segment.frameLength);
}

export function rangeOf(file: string, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, "r");
  try {
    const read = readSync(descriptor, bytes, 0, length, offset);
    if (read !== length) throw new Error(`${file} ends before ${offset + length}`);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
