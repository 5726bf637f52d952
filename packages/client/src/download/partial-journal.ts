import { type Sha256, toHex, writeHex } from "@causeway/kernel";

// A journal says which chunks are likely in the partial file. Nothing hangs on its being right:
// each chunk that it names is hashed before it counts, and one that it forgot is fetched again.
// Format: 8 bytes magic, 32 bytes SHA-256 of the target, then a chunk number per chunk, 4 bytes
// little-endian each.
const magic = "CWJOURN1";
const journalHeadLength = 8 + 32;
const journalEntryLength = 4;

/** More than a journal of so many chunks can grow to between two starts, which compact it. */
export function journalLengthMax(chunkCount: number): number {
  return journalHeadLength + 2 * chunkCount * journalEntryLength;
}

export function encodeJournal(target: Sha256, numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(journalHeadLength + numbers.length * journalEntryLength);
  new TextEncoder().encodeInto(magic, bytes);
  writeHex(target, bytes, 8);
  bytes.set(encodeJournalEntries(numbers), journalHeadLength);
  return bytes;
}

export function encodeJournalEntries(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * journalEntryLength);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, index) => view.setUint32(index * journalEntryLength, number, true));
  return bytes;
}

/**
 * The chunk numbers that a journal names, each once, ascending; a torn end and numbers that the
 * target does not have are left out. Undefined when it is no journal of this target.
 */
export function decodeJournal(
  bytes: Uint8Array,
  target: Sha256,
  chunkCount: number,
): readonly number[] | undefined {
  if (bytes.length < journalHeadLength) return undefined;
  if (String.fromCharCode(...bytes.subarray(0, 8)) !== magic) return undefined;
  if (toHex(bytes.subarray(8, journalHeadLength)) !== target) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const named = new Uint8Array(chunkCount);
  for (let at = journalHeadLength; at + journalEntryLength <= bytes.length; ) {
    const number = view.getUint32(at, true);
    if (number < chunkCount) named[number] = 1;
    at += journalEntryLength;
  }
  const numbers: number[] = [];
  for (let number = 0; number < chunkCount; number++) {
    if (named[number] === 1) numbers.push(number);
  }
  return numbers;
}
