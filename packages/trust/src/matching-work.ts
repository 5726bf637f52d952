import { TrustError } from "@causeway/kernel";
import { limits } from "./limits.ts";

/**
 * What one lookup may spend on path patterns, over all roles that it visits: a few MiB of patterns
 * that are made for it would otherwise keep a processor busy for hours.
 */
export class MatchingWork {
  readonly #path: string;
  #left: number = limits.matchingStepsMax;

  /** @param path what is looked up, for the error */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {TrustError} `TRUST_LIMIT` when it was too much in all */
  take(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    const text = `takes over ${limits.matchingStepsMax} steps to compare with the path patterns`;
    throw new TrustError("TRUST_LIMIT", this.#path, text);
  }
}
