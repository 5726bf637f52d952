import type { Clock } from "@causeway/kernel";

/** An `AbortSignal` of our own that fires when `outer` does, until it is released. */
export class Cancel {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #forward = (): void => this.#controller.abort(this.#outer.reason);

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#forward();
    else outer.addEventListener("abort", this.#forward);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(reason?: unknown): void {
    this.release();
    this.#controller.abort(reason);
  }

  /** Stops listening to the outer signal, which may live far longer. Safe to call twice. */
  release(): void {
    this.#outer.removeEventListener("abort", this.#forward);
  }
}

/** Why a timer is called off. One for all: an `AbortSignal` makes a costly one when none is given. */
export const over = new Error("is not needed any more");

/**
 * Settles as `work` does, or rejects with `late()` after `ms`. It leaves no timer behind; ending
 * `work` is up to the caller.
 */
export async function within<Value>(
  clock: Clock,
  ms: number,
  work: Promise<Value>,
  late: () => Error,
): Promise<Value> {
  const timer = new AbortController();
  const alarm = clock.sleep(ms, timer.signal).then((): never => {
    throw late();
  });
  try {
    return await Promise.race([work, alarm]);
  } finally {
    timer.abort(over);
  }
}
