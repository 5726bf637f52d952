import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { toHostError } from "@causeway/client/internal/host-error";
import type { Sha256 } from "@causeway/kernel";

export function sha256Of(bytes: Uint8Array | string): Sha256 {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
}

/** Length and digest of what is read. */
export async function digestOf(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly length: number; readonly sha256: Sha256 }> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest("hex") as Sha256 };
}

/** Calls `onAlive` as it gets on. @throws {HostError} */
export async function digestOfFile(
  path: string,
  onAlive: () => void = () => undefined,
): Promise<Sha256> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of fileChunks(path)) {
      hash.update(chunk);
      onAlive();
    }
    return hash.digest("hex") as Sha256;
  } catch (cause) {
    throw toHostError(cause, `read ${path}`);
  }
}

/** The file's bytes in pieces that keep hashing quick and memory small. */
export function fileChunks(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: 1024 * 1024 });
}
