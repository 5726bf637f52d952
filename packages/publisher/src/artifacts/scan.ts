import { createHash, hash } from "node:crypto";
import { Chunker, type Sha256 } from "@causeway/kernel";

/** One chunk of a file, in the file's order. */
export interface ScannedChunk {
  readonly sha256: Sha256;
  readonly offset: number;
  readonly length: number;
}

/** What a file is, and what it is made of. */
export interface Scanned {
  readonly length: number;
  readonly sha256: Sha256;
  readonly chunks: readonly ScannedChunk[];
}

/** Names a file and its chunks while the bytes go by; keeps none of them. */
export class Scan {
  readonly #whole = createHash("sha256");
  readonly #chunker = new Chunker();
  readonly #chunks: ScannedChunk[] = [];
  #length = 0;
  #chunkStart = 0;
  /** Of the open chunk, once a slice ended inside it. */
  #begun: ReturnType<typeof createHash> | undefined;

  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    this.#whole.update(bytes);
    let from = 0;
    for (;;) {
      const end = this.#chunker.next(bytes, from);
      if (end < 0) break;
      this.#cut(bytes.subarray(from, end), this.#length + end);
      from = end;
    }
    if (from < bytes.length) {
      this.#begun ??= createHash("sha256");
      this.#begun.update(bytes.subarray(from));
    }
    this.#length += bytes.length;
  }

  /** Call once, after the last byte. */
  finish(): Scanned {
    if (this.#begun !== undefined) this.#cut(new Uint8Array(0), this.#length);
    const sha256 = this.#whole.digest("hex") as Sha256;
    return { length: this.#length, sha256, chunks: this.#chunks };
  }

  #cut(rest: Uint8Array, end: number): void {
    const digest = this.#begun?.update(rest).digest("hex") ?? hash("sha256", rest, "hex");
    this.#begun = undefined;
    const offset = this.#chunkStart;
    this.#chunks.push({ sha256: digest as Sha256, offset, length: end - offset });
    this.#chunkStart = end;
  }
}
