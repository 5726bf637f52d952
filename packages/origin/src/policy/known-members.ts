import { type Fields, malformed } from "@causeway/kernel";
import { closest, distance } from "fastest-levenshtein";

/**
 * Refuses members beside those that are `known`, and names the one that was most likely meant.
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function refuseUnknown(fields: Fields, known: readonly string[], subject: string): void {
  for (const [name] of fields.entries()) {
    if (!known.includes(name)) throw malformed(subject, notKnown(name, known));
  }
}

/** Says that a name is none of those that are known, and which one was most likely meant. */
export function notKnown(name: string, known: readonly string[]): string {
  const shown = name.slice(0, 80);
  const near = closest(shown, known);
  // A third of the letters may be wrong; beyond that a guess confuses more than it helps.
  const isNear = distance(shown, near) <= Math.max(2, Math.floor(shown.length / 3));
  const hint = isNear ? `did you mean ${near}?` : `known are ${known.join(", ")}`;
  return `${JSON.stringify(shown)} is not known here; ${hint}`;
}
