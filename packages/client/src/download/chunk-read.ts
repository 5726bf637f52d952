import { createHash } from "node:crypto";
import type { FileHandle, Sha256 } from "@causeway/kernel";

const windowLength = 1024 * 1024; // large against a system call, small against a phone's memory

/** Fills `into` from `position` on. @returns how many bytes there were; less only at the end */
export async function readFully(
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await handle.readAt(into.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** The file's bytes from its start, at most `lengthMax`. A window is valid until the next one. */
export async function* windowsOf(
  handle: FileHandle,
  lengthMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const window = new Uint8Array(Math.max(1, Math.min(windowLength, lengthMax)));
  for (let at = 0; at < lengthMax; ) {
    const want = window.subarray(0, Math.min(window.length, lengthMax - at));
    const count = await readFully(handle, want, at);
    if (count === 0) return;
    yield window.subarray(0, count);
    at += count;
  }
}

/** SHA-256 of the first `length` bytes. @throws the signal's reason */
export async function hashFile(
  handle: FileHandle,
  length: number,
  signal: AbortSignal,
  onBytes?: (done: number) => void,
): Promise<Sha256> {
  const hash = createHash("sha256");
  let done = 0;
  for await (const window of windowsOf(handle, length)) {
    signal.throwIfAborted();
    hash.update(window);
    done += window.length;
    onBytes?.(done);
  }
  return hash.digest("hex") as Sha256;
}
