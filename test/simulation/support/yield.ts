import { setPriority } from "node:os";

const nicer = 5;

/** Lets other test files go first from now on: they have deadlines to keep, and drills have none. */
export function yieldToOthers(): void {
  try {
    setPriority(nicer);
  } catch {
    // Where the system forbids it, they share as ever.
  }
}
