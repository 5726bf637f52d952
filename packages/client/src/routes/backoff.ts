import type { Random } from "@causeway/kernel";

/** Milliseconds. */
export interface BackoffLimits {
  readonly base: number;
  readonly max: number;
}

/**
 * Waits that grow with failures in a row: decorrelated jitter, each between the base and three
 * times the last one (Brooker, "Exponential Backoff And Jitter", 2015), so that a fleet whose
 * server comes back does not come back as one wave.
 */
export class Backoff {
  #waitMs = 0;
  #dueAt = Number.NEGATIVE_INFINITY;

  /** Steady time; long ago when nothing failed. */
  get dueAt(): number {
    return this.#dueAt;
  }

  failed(now: number, { base, max }: BackoffLimits, random: Random): void {
    const span = Math.max(0, this.#waitMs * 3 - base);
    this.#waitMs = Math.min(max, base + Math.floor((random.uint32() / 2 ** 32) * span));
    this.rest(now + this.#waitMs);
  }

  /** Waits until then at least. */
  rest(until: number): void {
    this.#dueAt = Math.max(this.#dueAt, until);
  }

  /** The next failure is the first one again; a wait that has begun stays. */
  succeeded(): void {
    this.#waitMs = 0;
  }
}
