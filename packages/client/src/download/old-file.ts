import { createHash } from "node:crypto";
import { Chunker, type FileHandle, HostError, type Sha256, UsageError } from "@causeway/kernel";
import { VerifiedChunk } from "../fetch/chunk-verified.ts";
import { readFully, windowsOf } from "./chunk-read.ts";
import type { Partial } from "./partial.ts";

/** An open file that may hold parts of a target. Whoever opened it closes it. */
export interface OldFile {
  readonly handle: FileHandle;
  readonly length: number;
}

/** What of a target was seen in one old file. It is checked again when it is used. */
export interface OldFileContent {
  /** Of the whole file; undefined when it was not asked for, or the file is not as long any more. */
  readonly sha256: Sha256 | undefined;
  /** Where chunks of the target start in the old file, by their lowest number. */
  readonly offsets: ReadonlyMap<number, number>;
}

export const nothingOld: OldFileContent = { sha256: undefined, offsets: new Map() };

/** @throws {UsageError} `USAGE_ARGUMENT`: none of those that a caller names is left out unsaid */
export function requireFewOldFiles(count: number, most: number): void {
  if (count <= most) return;
  throw new UsageError("USAGE_ARGUMENT", `${count} old files; at most ${most} are looked through.`);
}

/**
 * Cuts an old file as the publisher cut the target, and looks for chunks that are missing.
 * A file that cannot be read has none.
 * @throws the signal's reason
 */
export async function searchOldFile(
  file: OldFile,
  partial: Partial,
  options: { readonly wholeHash: boolean; readonly signal: AbortSignal },
  onBytes: (count: number) => void,
): Promise<OldFileContent> {
  const offsets = new Map<number, number>();
  const whole = options.wholeHash ? createHash("sha256") : undefined;
  const chunker = new Chunker();
  let chunk = createHash("sha256");
  let start = 0; // of the open chunk in the file
  let done = 0;
  const endChunk = (end: number): void => {
    const number = partial.names.firstOf(chunk.digest("hex") as Sha256);
    if (number !== undefined && !partial.has(number)) offsets.set(number, start);
    chunk = createHash("sha256");
    start = end;
  };
  try {
    for await (const window of windowsOf(file.handle, file.length)) {
      options.signal.throwIfAborted();
      whole?.update(window);
      let from = 0;
      for (;;) {
        const end = chunker.next(window, from);
        chunk.update(window.subarray(from, end < 0 ? window.length : end));
        if (end < 0) break;
        endChunk(done + end);
        from = end;
      }
      done += window.length;
      onBytes(window.length);
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { sha256: undefined, offsets };
  }
  if (chunker.open > 0) endChunk(done);
  const isWhole = done === file.length;
  return { sha256: isWhole ? (whole?.digest("hex") as Sha256 | undefined) : undefined, offsets };
}

/**
 * Copies the chunks `numbers` out of an old file. What is not there any more stays missing.
 * @returns the bytes of the target that this brought
 * @throws {HostError} only of the disk that `partial` lies on
 * @throws the signal's reason
 */
export async function copyOldChunks(
  file: OldFile,
  content: OldFileContent,
  partial: Partial,
  numbers: readonly number[],
  signal: AbortSignal,
): Promise<number> {
  const before = partial.hereLength;
  for (const number of numbers) {
    const offset = content.offsets.get(number);
    const chunk = partial.index.chunks.at(number);
    if (offset === undefined || chunk === undefined || partial.has(number)) continue;
    signal.throwIfAborted();
    const bytes = new Uint8Array(chunk.length);
    if (!(await tryRead(file, bytes, offset))) continue;
    const verified = VerifiedChunk.from(bytes, chunk);
    if (verified !== undefined) await partial.keep(verified);
  }
  return partial.hereLength - before;
}

/** @returns false when the old file cannot be read that far */
export async function tryRead(file: OldFile, into: Uint8Array, offset: number): Promise<boolean> {
  try {
    return (await readFully(file.handle, into, offset)) === into.length;
  } catch (error) {
    if (error instanceof HostError) return false;
    throw error;
  }
}
