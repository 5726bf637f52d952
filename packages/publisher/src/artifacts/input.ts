import { open } from "node:fs/promises";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";

const windowLength = 4 * 1024 * 1024; // large enough that most chunks lie within one window

/**
 * The file's bytes, window by window. The window is used again, so its bytes are only good until
 * the next one is asked for.
 * @throws {HostError} also when the file grew or shrank meanwhile
 * @throws the signal's reason when it fired
 */
export async function* readWindows(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const act = `read ${file}`;
  const handle = await open(file, "r").catch((cause: unknown) => {
    throw toHostError(cause, act);
  });
  try {
    const { size } = await handle.stat();
    const window = new Uint8Array(Math.min(windowLength, size + 1));
    let position = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle
        .read(window, 0, window.length, position)
        .catch(failed(act));
      position += bytesRead;
      // A file that grows without end must not be followed.
      if (position > size || (bytesRead === 0 && position < size)) throw changed(file);
      if (bytesRead === 0) return;
      yield window.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function failed(act: string): (cause: unknown) => never {
  return (cause) => {
    throw toHostError(cause, act);
  };
}

function changed(file: string): HostError {
  return new HostError("HOST_IO", `${file} changed while it was read; run the command again.`);
}
