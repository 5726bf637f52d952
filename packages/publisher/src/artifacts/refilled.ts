import { closeSync, openSync, readSync } from "node:fs";
import type { FileRange } from "./job.ts";

/** Memory for ranges of files that is used again for the next one, and grows when it must. */
export class Refilled {
  #bytes = new Uint8Array(0);

  /** The range's bytes; they are overwritten by the next call. */
  read({ file, offset, length }: FileRange): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    const bytes = this.#bytes.subarray(0, length);
    const descriptor = openSync(file, "r");
    try {
      for (let done = 0; done < length; ) {
        const read = readSync(descriptor, bytes, done, length - done, offset + done);
        if (read === 0) throw new Error(`${file} became shorter while it was read`);
        done += read;
      }
    } finally {
      closeSync(descriptor);
    }
    return bytes;
  }
}
