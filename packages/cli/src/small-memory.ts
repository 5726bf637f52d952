import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const everyBytes = 32 * 1024 * 1024; // what buffers that nobody needs may come to, and a blink of work

/**
 * Keeps V8 from letting garbage grow, although a download never holds more than a few buffers: its
 * space of young objects could take 96 MiB, and it lets 64 MiB of buffers lie about before it looks
 * which of the older ones are still needed. These are settings of the whole process, so they are a
 * program's to make, not the SDK's.
 */
export class SmallMemory {
  readonly #collect: () => void;
  #collectedAt = 0;

  constructor() {
    setFlagsFromString("--semi-space-growth-factor=1");
    setFlagsFromString("--expose-gc"); // for contexts that are made from now on
    this.#collect = runInNewContext("gc") as () => void;
  }

  /** So many bytes have come since the beginning. */
  downloaded(bytes: number): void {
    if (bytes - this.#collectedAt < everyBytes) return;
    this.#collectedAt = bytes;
    this.#collect();
  }
}
