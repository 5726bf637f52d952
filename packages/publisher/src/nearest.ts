import { distance } from "fastest-levenshtein";

/** The candidate that `name` was most likely meant to be, or undefined when none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // A third of the letters may be wrong; beyond that a guess confuses more than it helps.
  let best = Math.max(2, Math.floor(name.length / 3)) + 1;
  let found: string | undefined;
  for (const candidate of candidates) {
    const far = distance(name.slice(0, 100), candidate);
    if (far < best) {
      best = far;
      found = candidate;
    }
  }
  return found;
}
