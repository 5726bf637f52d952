import { createHash } from "node:crypto";
import type { FileHandle, Sha256 } from "@causeway/kernel";
import { readFully } from "./chunk-read.ts";

const windowLength = 1024 * 1024; // large against a system call, small against a phone's memory

/**
 * SHA-256 of a whole file as it is read back from the disk. What lies at its start is hashed while
 * the rest still comes, so that at the end little is left to wait for.
 */
export class WholeHash {
  readonly #handle: FileHandle;
  readonly #hash = createHash("sha256");
  #window = new Uint8Array(0);
  #done = 0;
  #here = 0;
  #following: Promise<void> | undefined;
  #stopped = false;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** The first `length` bytes are in the file, and stay as they are: hashes them by and by. */
  follow(length: number): void {
    this.#here = length;
    if (this.#stopped || this.#following !== undefined || !this.#isBehind) return;
    this.#following = this.#follow().finally(() => {
      this.#following = undefined;
    });
  }

  /** Ends the following, and resolves when nothing is being read any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#following;
  }

  /**
   * Hashes what is left of the file's `length` bytes. May be called once.
   * @throws {HostError}
   * @throws the signal's reason
   */
  async finish(
    length: number,
    signal: AbortSignal,
    onBytes?: (done: number) => void,
  ): Promise<Sha256> {
    await this.stop();
    for (;;) {
      signal.throwIfAborted();
      const count = await this.#step(length);
      onBytes?.(this.#done);
      if (count === 0 || this.#done === length) break;
    }
    return this.#hash.digest("hex") as Sha256;
  }

  get #isBehind(): boolean {
    return this.#here - this.#done >= windowLength;
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#stopped && this.#isBehind) {
        if ((await this.#step(this.#here)) < windowLength) return;
      }
    } catch {
      // Nothing hangs on it: `finish` reads the same bytes again, and tells why it cannot.
    }
  }

  /** One window more. @returns how many bytes there were; 0 at the end */
  async #step(end: number): Promise<number> {
    const length = Math.min(windowLength, end - this.#done);
    if (this.#window.length < length) this.#window = new Uint8Array(length);
    const window = this.#window.subarray(0, length);
    const count = await readFully(this.#handle, window, this.#done);
    this.#hash.update(window.subarray(0, count));
    this.#done += count;
    return count;
  }
}
