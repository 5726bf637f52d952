import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import type { Sha256 } from "@causeway/kernel";
import { Scan, type ScannedChunk } from "./scan.ts";

/** A file that was made, at its final place. */
export interface BuiltFile {
  /** Absolute; the name is the SHA-256. */
  readonly file: string;
  readonly length: number;
  readonly sha256: Sha256;
}

/** A complete file, on the disk, that still has a temporary name. */
export interface Finished {
  readonly file: string;
  readonly length: number;
  readonly sha256: Sha256;
  readonly chunks: readonly ScannedChunk[];
}

const zeros = Buffer.alloc(64 * 1024);

/**
 * A file in the making, which names itself and its chunks while it is written. Runs of zeros
 * become holes, so a sparse input stays sparse. Every method throws `HostError`.
 */
export class Output {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #scan = new Scan();

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** The file must not exist yet. */
  static async create(file: string): Promise<Output> {
    try {
      return new Output(file, await open(file, "wx", 0o644));
    } catch (cause) {
      throw toHostError(cause, `write ${file}`);
    }
  }

  get length(): number {
    return this.#scan.length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (const [from, end] of solidRuns(bytes)) {
        await writeFully(this.#handle, bytes.subarray(from, end), this.length + from);
      }
    } catch (cause) {
      throw toHostError(cause, `write ${this.#file}`);
    }
    this.#scan.update(bytes);
  }

  /** Resolves when all of it is on the disk. */
  async finish(): Promise<Finished> {
    try {
      await this.#handle.truncate(this.length); // gives a trailing hole its length
      await this.#handle.sync();
      await this.#handle.close();
    } catch (cause) {
      throw toHostError(cause, `write ${this.#file}`);
    }
    return { file: this.#file, ...this.#scan.finish() };
  }

  /** Lets go of a file that is not to be; safe after `finish`. */
  async abandon(): Promise<void> {
    await this.#handle.close();
  }
}

/** Writes `bytes` as a file of its own. */
export async function writeOutput(file: string, bytes: Uint8Array): Promise<Finished> {
  const output = await Output.create(file);
  try {
    await output.write(bytes);
    return await output.finish();
  } finally {
    await output.abandon();
  }
}

/** Gives a finished file its name. A file of that name has the same bytes, and is replaced. */
export async function place(finished: Finished, outDir: string): Promise<BuiltFile> {
  const file = join(outDir, finished.sha256);
  try {
    await rename(finished.file, file);
  } catch (cause) {
    throw toHostError(cause, `write ${file}`);
  }
  return { file, length: finished.length, sha256: finished.sha256 };
}

/** Where `bytes` has something to write: pairs of start and end. */
function solidRuns(bytes: Uint8Array): [number, number][] {
  const runs: [number, number][] = [];
  for (let from = 0; from < bytes.length; from += zeros.length) {
    const end = Math.min(from + zeros.length, bytes.length);
    if (zeros.compare(bytes, from, end, 0, end - from) === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === from) last[1] = end;
    else runs.push([from, end]);
  }
  return runs;
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const left = bytes.length - done;
    const { bytesWritten } = await handle.write(bytes, done, left, position + done);
    done += bytesWritten;
  }
}
