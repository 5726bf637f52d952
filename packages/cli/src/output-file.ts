import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, isMissing, toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";

interface Made<Value> {
  readonly content: string | Uint8Array;
  readonly value: Value;
}

/**
 * A file for what is made once, as a code that takes a number. It is opened before that is made, so
 * that a place which cannot be written costs nothing.
 */
export class OutputFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #isNew: boolean;

  private constructor(path: string, handle: FileHandle, isNew: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#isNew = isNew;
  }

  /**
   * What stands there stays until something is written.
   * @param mode of a new file
   * @throws {HostError}
   */
  static async open(path: string, mode = 0o666): Promise<OutputFile> {
    try {
      try {
        return new OutputFile(path, await open(path, "wx", mode), true);
      } catch (cause) {
        if (errnoOf(cause) !== "EEXIST") throw cause;
        const flags = constants.O_WRONLY | constants.O_CREAT; // it may be a link to no file yet
        return new OutputFile(path, await open(path, flags, mode), false);
      }
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /**
   * Fills the file with the content that `make` resolves with, and closes it. When that fails, a
   * file that was made for it is gone again.
   * @throws {HostError} and what `make` throws
   */
  async fill<Value>(make: () => Promise<Made<Value>>): Promise<Value> {
    let isFilled = false;
    try {
      const { content, value } = await make();
      await this.#write(content);
      isFilled = true;
      return value;
    } finally {
      await this.#handle.close();
      if (!isFilled && this.#isNew) await rm(this.#path, { force: true });
    }
  }

  async #write(content: string | Uint8Array): Promise<void> {
    try {
      // A pipe or a terminal has no length.
      if ((await this.#handle.stat()).isFile()) await this.#handle.truncate();
      await this.#handle.writeFile(content);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }
}

function unwritable(path: string, cause: unknown): HostError {
  if (isMissing(cause)) {
    const what = `there is no folder ${dirname(path)}; make it, or name another file`;
    return new HostError("HOST_MISSING", `cannot write ${path}: ${what}.`, { cause });
  }
  if (errnoOf(cause) === "EISDIR") {
    const what = "it is a folder; name a file in it";
    return new HostError("HOST_IO", `cannot write ${path}: ${what}.`, { cause });
  }
  return toHostError(cause, `write ${path}`);
}
