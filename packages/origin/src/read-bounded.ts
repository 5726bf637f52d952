import { constants, open } from "node:fs/promises";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";

/**
 * Reads a small file. Of a longer one, one byte more than `lengthMax`: whoever reads the bytes
 * refuses them.
 * @returns undefined when there is no such file
 * @throws {HostError}
 */
export async function readBounded(
  file: string,
  lengthMax: number,
): Promise<Uint8Array | undefined> {
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new HostError("HOST_IO", `${file} is no file.`);
      // A file may grow, so its size alone bounds nothing; yet most are far below their bound.
      const bytes = Buffer.alloc(Math.min(stat.size, lengthMax) + 1);
      let length = 0;
      for (let more = -1; more !== 0 && length < bytes.length; length += more) {
        more = (await handle.read(bytes, length, bytes.length - length, length)).bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `read ${file}`);
  }
}
