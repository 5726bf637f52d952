import { randomFillSync } from "node:crypto";
import type { Random } from "@causeway/kernel";

/** The operating system's randomness. */
export function nodeRandom(): Random {
  const pool = new Uint32Array(64);
  let used = pool.length;
  return {
    uint32() {
      if (used === pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      return pool[used++] ?? 0;
    },
  };
}
