import { type Clock, type Delivery, RouteError, type Transport } from "@causeway/kernel";
import { clientLimits, type ExchangeLimits } from "../limits.ts";
import { judgeAnswer, redirectTarget, skewOf } from "./answer.ts";
import { Cancel, within } from "./cancel.ts";
import type { Route } from "./route.ts";

export interface ExchangeRequest {
  /** Below the route's base, encoded: `metadata/timestamp.json`. */
  readonly path: string;
  /** Bytes `start` to `end - 1`; all of them, or the exchange fails. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Of the body; never more is read. */
  readonly lengthMax: number;
  readonly signal: AbortSignal;
  readonly limits?: ExchangeLimits;
}

/** The right kind of answer. Its bytes are not verified. */
export interface Answer {
  /** Bytes that the route promises; undefined when it does not say. */
  readonly length: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
  /** Read at most once, to its end, or call `close`. Fails as `exchange` does. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the connection. Safe to call twice, and after the body ended. */
  close(): void;
}

export interface ExchangePorts {
  readonly clock: Clock;
  readonly transport: Transport;
}

/**
 * Asks one route for one file, or one range of it. Resolves when the answer's headers are here
 * and promise what was asked for; the body keeps that promise or fails. Counts bytes, latency
 * and rate into `route`; striking it is up to the caller.
 * @throws {RouteError} what the route did wrong
 * @throws the signal's reason when it fired
 */
export async function exchange(
  ports: ExchangePorts,
  route: Route,
  request: ExchangeRequest,
): Promise<Answer> {
  const limits = request.limits ?? clientLimits.exchange;
  const cancel = new Cancel(request.signal);
  try {
    const late = (): Error => {
      const text = `gave no answer for ${seconds(limits.answerMs)} s to ${request.path}`;
      const error = new RouteError("ROUTE_UNREACHABLE", `${route.id}${request.path}`, text);
      cancel.cancel(error);
      return error;
    };
    const asked = open(ports, route, request, limits, cancel.signal);
    const { delivery, promised } = await within(ports.clock, limits.answerMs, asked, late);
    const guard = { ports, route, request, limits, delivery, promised, cancel };
    return {
      length: promised,
      headers: delivery.headers,
      body: guardedBody(guard),
      close: () => letGo(guard),
    };
  } catch (error) {
    cancel.release();
    throw request.signal.aborted ? request.signal.reason : error;
  }
}

interface Opened {
  readonly delivery: Delivery;
  readonly promised: number | undefined;
}

async function open(
  ports: ExchangePorts,
  route: Route,
  request: ExchangeRequest,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<Opened> {
  let url = route.url(request.path);
  for (let redirects = 0; ; redirects++) {
    const asked = ports.clock.steady();
    const delivery = await ports.transport.open({
      url,
      signal,
      headers: { "accept-encoding": "identity" },
      ...(request.range && { range: request.range }),
    });
    try {
      signal.throwIfAborted();
      const skewMs = skewOf(delivery.headers, ports.clock.wall());
      route.answered(ports.clock.steady() - asked, skewMs);
      const next = redirectTarget(delivery, url, request.path, redirects < limits.redirectsMax);
      if (next === undefined) {
        return { delivery, promised: judgeAnswer(delivery, url, request, limits, ports.clock) };
      }
      delivery.close();
      url = next;
    } catch (error) {
      delivery.close();
      if (error instanceof RouteError && error.retryAfterMs !== undefined) {
        route.rest(ports.clock.steady() + error.retryAfterMs);
      }
      throw error;
    }
  }
}

interface Guard extends Opened {
  readonly ports: ExchangePorts;
  readonly route: Route;
  readonly request: ExchangeRequest;
  readonly limits: ExchangeLimits;
  readonly cancel: Cancel;
}

function letGo(guard: Guard): void {
  guard.cancel.release();
  guard.delivery.close();
}

async function* guardedBody(guard: Guard): AsyncGenerator<Uint8Array, void, undefined> {
  const { route, request, promised } = guard;
  const most = Math.min(promised ?? request.lengthMax, request.lengthMax);
  const iterator = guard.delivery.body[Symbol.asyncIterator]();
  const pace = new Pace(guard);
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
    letGo(guard);
    if (received > 0) route.measured(received, pace.waitedMs);
  }
}

/** Judges how fast a body comes. Only time spent waiting for it counts, not the reader's own. */
class Pace {
  readonly #guard: Guard;
  waitedMs = 0;
  #windowMs = 0;
  #windowBytes = 0;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  async await<Value>(work: Promise<Value>): Promise<Value> {
    const { ports, limits } = this.#guard;
    const start = ports.clock.steady();
    const value = await within(ports.clock, limits.stallMs, work, () => {
      return fault(
        this.#guard,
        "ROUTE_STALLED",
        `sent nothing for ${seconds(limits.stallMs)} s of`,
      );
    });
    const ms = ports.clock.steady() - start;
    this.waitedMs += ms;
    this.#windowMs += ms;
    return value;
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

function seconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}
