import { createHash } from "node:crypto";

/** A solution of a challenge of `WorkPuzzle`, sought as the page's script does it. */
export function solve(challenge: string, from = 0): string {
  const bits = Number(challenge.split(".")[1]);
  for (let number = from; ; number++) {
    const digest = createHash("sha256").update(`${challenge}.${number}`).digest();
    if (Math.clz32(digest.readUInt32BE(0)) >= bits) return `${challenge}.${number}`;
  }
}
