import { hash } from "node:crypto";
import { type Chunk, RouteError, type Sha256 } from "@causeway/kernel";

/** Bytes of a chunk that were checked against its signed name. Only these are ever written. */
export class VerifiedChunk {
  readonly sha256: Sha256;
  /** Valid until the next await of whoever made it: buffers are reused. */
  readonly bytes: Uint8Array;

  private constructor(sha256: Sha256, bytes: Uint8Array) {
    this.sha256 = sha256;
    this.bytes = bytes;
  }

  /** @returns undefined when these are other bytes */
  static from(bytes: Uint8Array, chunk: Chunk): VerifiedChunk | undefined {
    if (bytes.length !== chunk.length) return undefined;
    const sha256 = sha256Of(bytes);
    return sha256 === chunk.sha256 ? new VerifiedChunk(sha256, bytes) : undefined;
  }

  /** @throws {RouteError} `ROUTE_LIED` when these are other bytes */
  static delivered(bytes: Uint8Array | undefined, chunk: Chunk, url: string): VerifiedChunk {
    const verified = bytes && VerifiedChunk.from(bytes, chunk);
    if (verified !== undefined) return verified;
    const end = chunk.offset + chunk.length;
    const text = `sent wrong bytes for bytes ${chunk.offset} to ${end} of the file`;
    throw new RouteError("ROUTE_LIED", url, text);
  }
}

export function sha256Of(bytes: Uint8Array): Sha256 {
  return hash("sha256", bytes) as Sha256;
}
