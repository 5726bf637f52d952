import { type Clock, type Delivery, RouteError } from "@causeway/kernel";
import type { ExchangeLimits } from "../limits.ts";
import { within } from "./cancel.ts";
import { silenceDeadlineMs } from "./deadline.ts";
import type { Route } from "./route.ts";

/** An answer whose headers were right, and what was asked. */
export interface Guard {
  readonly ports: { readonly clock: Clock };
  readonly route: Route;
  readonly request: {
    readonly path: string;
    readonly lengthMax: number;
    readonly signal: AbortSignal;
  };
  readonly limits: ExchangeLimits;
  readonly delivery: Delivery;
  /** Undefined when the route does not say. */
  readonly promised: number | undefined;
}

/**
 * The bytes of an answer, as long as they keep what its headers promised.
 * @param pace judges them; one for all the answers that one body is made of
 * @throws {RouteError} `ROUTE_ENDLESS`, `ROUTE_TRUNCATED` or `ROUTE_STALLED`
 */
export async function* guardedBody(
  guard: Guard,
  pace: Pace,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { route, request, promised } = guard;
  const most = Math.min(promised ?? request.lengthMax, request.lengthMax);
  const iterator = guard.delivery.body[Symbol.asyncIterator]();
  const before = pace.waitedMs;
  let received = 0;
  try {
    for (;;) {
      const next = await pace.await(iterator.next());
      if (next.done === true) break;
      received += next.value.length;
      route.received(next.value.length);
      pace.count(next.value.length);
      if (received === promised) route.completed();
      if (received > most) throw fault(guard, "ROUTE_ENDLESS", `sent over ${most} bytes as`);
      yield next.value;
    }
    if (promised !== undefined && received < promised) {
      throw fault(guard, "ROUTE_TRUNCATED", `ended after ${received} of ${promised} bytes of`);
    }
    if (promised === undefined) route.completed();
  } catch (error) {
    throw request.signal.aborted ? request.signal.reason : error;
  } finally {
    guard.delivery.close();
    if (received > 0) route.measured(received, pace.waitedMs - before);
  }
}

/** Judges how fast a body comes. Only time spent waiting for it counts, not the reader's own. */
export class Pace {
  readonly #guard: Guard;
  waitedMs = 0;
  #windowMs = 0;
  #windowBytes = 0;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  async await<Value>(work: Promise<Value>): Promise<Value> {
    const { ports, route, limits } = this.#guard;
    const most = silenceDeadlineMs(route.pace("silence"), limits.silence);
    const sooner = within(ports.clock, most, work, () => {
      route.missed("silence");
      return fault(this.#guard, "ROUTE_STALLED", `sent nothing for ${seconds(most)} s of`);
    });
    return this.during(sooner);
  }

  /** Counts the time until `work` is done, however long it takes. */
  async during<Value>(work: Promise<Value>): Promise<Value> {
    const { clock } = this.#guard.ports;
    const start = clock.steady();
    try {
      return await work;
    } finally {
      const ms = clock.steady() - start;
      this.waitedMs += ms;
      this.#windowMs += ms;
    }
  }

  count(bytes: number): void {
    const { limits } = this.#guard;
    this.#windowBytes += bytes;
    if (this.#windowMs < limits.rateWindowMs) return;
    if (this.#windowBytes * 1000 < limits.bytesPerSecondMin * this.#windowMs) {
      const text = `sent ${this.#windowBytes} bytes in ${seconds(this.#windowMs)} s of`;
      throw fault(this.#guard, "ROUTE_STALLED", text);
    }
    this.#windowMs = 0;
    this.#windowBytes = 0;
  }
}

function fault(
  guard: Guard,
  code: "ROUTE_ENDLESS" | "ROUTE_TRUNCATED" | "ROUTE_STALLED",
  what: string,
): RouteError {
  const { route, request } = guard;
  return new RouteError(code, `${route.id}${request.path}`, `${what} ${request.path}`);
}

/** As people read it. */
export function seconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}
