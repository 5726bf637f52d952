import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { isMissing } from "../internal/host-error.ts";
import { bundlePartName, bundlePartsMax } from "./bundle-files.ts";

/** A bundle's bytes, be they in one file or cut into several, one after the other. */
export interface Parts {
  /** Each with where its first byte lies in the whole. */
  readonly parts: readonly { readonly path: string; readonly start: number }[];
  readonly length: number;
  /** Another one when a part was replaced. */
  readonly identity: string;
}

/**
 * Looks for `file`, else for its parts.
 * @returns undefined when there is neither
 * @throws the operating system's error
 */
export async function findParts(file: string): Promise<Parts | undefined> {
  const parts: Parts["parts"][number][] = [];
  let length = 0;
  let identity = "";
  const add = async (path: string): Promise<boolean> => {
    const stats = await statOrUndefined(path);
    if (stats?.isFile() !== true) return false;
    parts.push({ path, start: length });
    length += stats.size;
    identity += `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs};`;
    return true;
  };
  if (!(await add(file))) {
    for (let at = 1; at <= bundlePartsMax && (await add(bundlePartName(file, at))); at++);
  }
  return parts.length === 0 ? undefined : { parts, length, identity };
}

/** @throws the operating system's error */
export async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads parts by position in the whole; one of them is open at a time. */
export class PartReader {
  readonly #parts: Parts;
  #at = -1;
  #handle: fs.FileHandle | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get length(): number {
    return this.#parts.length;
  }

  /**
   * Reads up to `length` bytes from `position` into the start of `into`.
   * @returns how many; 0 at the end, or when a file is shorter than it was
   * @throws the operating system's error
   */
  async read(into: Uint8Array, length: number, position: number): Promise<number> {
    const { parts } = this.#parts;
    const at = parts.findLastIndex(({ start }) => start <= position);
    const part = parts[at];
    if (part === undefined || position >= this.length) return 0;
    if (at !== this.#at || this.#handle === undefined) {
      await this.close();
      // Not blocking, so that a pipe in a part's place cannot hold us.
      this.#handle = await fs.open(part.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      this.#at = at;
    }
    const end = parts[at + 1]?.start ?? this.length;
    const count = Math.min(length, end - position);
    return (await this.#handle.read(into, 0, count, position - part.start)).bytesRead;
  }

  /** Reads all of it, or fails. @throws {Error} when the end comes first */
  async readAll(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const got = await this.read(bytes.subarray(at), length - at, position + at);
      if (got === 0) throw new Error(`ended at byte ${position + at}`);
      at += got;
    }
    return bytes;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
