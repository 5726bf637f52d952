import { createHash } from "node:crypto";

/** The input of the vectors in docs/chunk-index.md: SHA-256 of 0, 1, 2, … as 32-bit words. */
export function countedBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const counter = Buffer.alloc(4);
  for (let at = 0; at < length; at += 32) {
    counter.writeUInt32BE(at / 32);
    bytes.set(
      createHash("sha256")
        .update(counter)
        .digest()
        .subarray(0, length - at),
      at,
    );
  }
  return bytes;
}
