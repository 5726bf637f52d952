import { setFlagsFromString } from "node:v8";

/**
 * Keeps the space of young objects at its first size. V8 lets it grow to 96 MiB, and as much more
 * of buffers that nobody needs any more, although a download never holds more than a few. It is a
 * setting of the whole process, so it is a program's to make, not the SDK's.
 */
export function keepMemorySmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
