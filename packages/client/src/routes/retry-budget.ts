export interface RetryLimits {
  /** Retries that may follow each other at once. */
  readonly burst: number;
  /** One more is allowed each time that so much time has passed, … */
  readonly msEach: number;
  /** … and this part of one with each success. */
  readonly perSuccess: number;
}

const retryLimits: RetryLimits = {
  burst: 32, // eight routes, each of which drops a connection four times at the same moment
  msEach: 500, // thousands of clients whose routes are all down ask twice a second each, not more
  perSuccess: 0.1, // as gRPC: a tenth of what succeeds may be tried again
};

/**
 * What all that share it may spend on asking again where asking failed: a token bucket. It never
 * forbids a retry, it only makes it wait; when no route is left but those that fail, each is
 * asked in time.
 */
export class RetryBudget {
  readonly #limits: RetryLimits;
  #tokens: number;
  #since = Number.POSITIVE_INFINITY; // steady time up to which time was paid for

  constructor(limits: RetryLimits = retryLimits) {
    this.#limits = limits;
    this.#tokens = limits.burst;
  }

  /** Milliseconds until a retry may begin; 0 when one may now. */
  waitMs(now: number): number {
    this.#refill(now);
    const ms = (1 - this.#tokens) * this.#limits.msEach;
    return Math.max(0, Math.ceil(ms - 1e-6)); // sums of fractions are a little off
  }

  /** A retry begins. Whoever did not wait for it leaves a debt of one token at the most. */
  take(now: number): void {
    this.#refill(now);
    this.#tokens = Math.max(-1, this.#tokens - 1);
  }

  /** Something came as it should. */
  succeeded(): void {
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + this.#limits.perSuccess);
  }

  #refill(now: number): void {
    const ms = Math.max(0, now - this.#since);
    this.#since = now;
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + ms / this.#limits.msEach);
  }
}
