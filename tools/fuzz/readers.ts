import { clientReaders } from "./client-readers.ts";
import { kernelReaders } from "./kernel-readers.ts";
import type { Reader } from "./reader.ts";
import { trustReaders } from "./trust-readers.ts";

/** All code that reads bytes which a route, a publisher's thief or a damaged disk may have made. */
export const readers: Readonly<Record<string, Reader>> = {
  ...kernelReaders,
  ...trustReaders,
  ...clientReaders,
};
