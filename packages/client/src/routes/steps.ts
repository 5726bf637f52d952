import type { Clock, TransportStep } from "@causeway/kernel";
import { within } from "./cancel.ts";
import { answerDeadlineMs, type DeadlineLimits } from "./deadline.ts";
import type { Route } from "./route.ts";

const stepsMax = 8; // a transport takes five: a name, a proxy, a connection, TLS, the answer

/** The way to one answer: each step has its own deadline, and those that are round trips are measured. */
export class Steps {
  readonly #clock: Clock;
  readonly #route: Route;
  readonly #limits: DeadlineLimits;
  #since: number;
  #count = 0;
  #pastProxy = false;
  #next = Promise.withResolvers<void>();

  constructor(clock: Clock, route: Route, limits: DeadlineLimits) {
    this.#clock = clock;
    this.#route = route;
    this.#limits = limits;
    this.#since = clock.steady();
  }

  /** True once a connection is there, to the route or to its proxy. */
  get pastProxy(): boolean {
    return this.#pastProxy;
  }

  take(step: TransportStep): void {
    if (step !== "named") this.#pastProxy = true;
    if (++this.#count > stepsMax) return;
    // TLS may take one round trip or two, and a proxy's is not the route's.
    if (step === "connected") this.#measure();
    this.#since = this.#clock.steady();
    this.#next.resolve();
  }

  /** Settles as `work` does, or rejects with `late` after so many milliseconds without a step. */
  async watch<Value>(work: Promise<Value>, late: (ms: number) => Error): Promise<Value> {
    const done = work.then((value) => ({ value }));
    for (;;) {
      const ms = answerDeadlineMs(this.#route.pace("answer"), this.#limits);
      const step = this.#next.promise.then(() => undefined);
      const end = await within(this.#clock, ms, Promise.race([done, step]), () => {
        this.#route.missed("answer");
        return late(ms);
      });
      if (end !== undefined) {
        this.#measure();
        return end.value;
      }
      this.#next = Promise.withResolvers<void>();
    }
  }

  #measure(): void {
    this.#route.tookRoundTrip(this.#clock.steady() - this.#since);
  }
}
