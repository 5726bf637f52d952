import { type CausewayError, type Clock, RouteError } from "@causeway/kernel";
import type { MetadataLimits } from "../limits.ts";
import { Cancel } from "./cancel.ts";
import type { Route } from "./route.ts";

/** Does one thing over one route; its failures are the route's unless they are the host's. */
export type RouteJob<Value> = (route: Route, signal: AbortSignal) => Promise<Value>;

interface Lane {
  readonly route: Route;
  readonly cancel: Cancel;
}

/**
 * The same job over several routes, in their order: the next one starts when one fails, or when
 * those before it take long. A route that fails is struck; one that loses is not.
 */
export class RouteRace<Value> {
  readonly #clock: Clock;
  readonly #job: RouteJob<Value>;
  readonly #limits: MetadataLimits;
  readonly #signal: AbortSignal;
  readonly #waiting: Route[];
  readonly #running = new Set<Lane>();
  readonly #done: Value[] = [];
  #startDue = Number.NEGATIVE_INFINITY;
  #broken: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(
    clock: Clock,
    routes: readonly Route[],
    job: RouteJob<Value>,
    limits: MetadataLimits,
    signal: AbortSignal,
  ) {
    this.#clock = clock;
    this.#waiting = [...routes];
    this.#job = job;
    this.#limits = limits;
    this.#signal = signal;
  }

  /**
   * Resolves with the first value, or undefined when every route failed. Others go on.
   * @throws what is no fault of a route; the signal's reason when it fired
   */
  async first(): Promise<Value | undefined> {
    for (;;) {
      this.#throwIfOver();
      if (this.#done.length > 0) return this.#done[0];
      const wait = this.#startDue - this.#clock.steady();
      if (this.#mayStart() && (wait <= 0 || this.#running.size === 0)) {
        this.#startNext();
        continue;
      }
      if (this.#running.size === 0) return undefined;
      await this.#change(this.#mayStart() ? wait : undefined);
    }
  }

  /**
   * Gives every other route `ms` to finish as well, and `moreMs` more to those that are `worthIt`
   * then; who is not through is struck as slow. Resolves with all values.
   */
  async rest(
    ms: number,
    moreMs: number,
    worthIt: (route: Route) => boolean,
  ): Promise<readonly Value[]> {
    const start = this.#clock.steady();
    await this.#until(start + ms);
    this.#giveUp(ms, (route) => !worthIt(route));
    await this.#until(start + ms + moreMs);
    this.#giveUp(ms + moreMs, () => true);
    return this.#done;
  }

  /** Starts what is left, and resolves when all are through or the steady time is `end`. */
  async #until(end: number): Promise<void> {
    for (;;) {
      this.#throwIfOver();
      while (this.#mayStart()) this.#startNext();
      const left = end - this.#clock.steady();
      if (this.#running.size === 0 || left <= 0) return;
      await this.#change(left);
    }
  }

  #giveUp(ms: number, on: (route: Route) => boolean): void {
    this.#waiting.length = 0;
    for (const lane of this.#running) {
      if (!on(lane.route)) continue;
      const text = `gave no whole answer within ${ms / 1000} s; went on without it`;
      lane.route.strike(new RouteError("ROUTE_STALLED", lane.route.id, text));
      this.#drop(lane);
    }
  }

  /** Cancels what still runs. */
  end(): void {
    for (const lane of this.#running) this.#drop(lane);
  }

  #mayStart(): boolean {
    return this.#waiting.length > 0 && this.#running.size < this.#limits.routesInFlightMax;
  }

  #startNext(): void {
    const route = this.#waiting.shift();
    if (route === undefined) return;
    this.#startDue = this.#clock.steady() + this.#limits.hedgeMs;
    const lane = { route, cancel: new Cancel(this.#signal) };
    this.#running.add(lane);
    void this.#run(lane);
  }

  /** Never rejects. */
  async #run(lane: Lane): Promise<void> {
    try {
      const value = await this.#job(lane.route, lane.cancel.signal);
      if (this.#running.has(lane)) this.#done.push(value);
    } catch (error) {
      if (!this.#running.has(lane) || lane.cancel.signal.aborted) return;
      this.#startDue = this.#clock.steady(); // the next one takes its place at once
      if (isRouteFault(error)) lane.route.strike(error);
      else this.#broken ??= { error };
    } finally {
      this.#running.delete(lane);
      lane.cancel.release();
      this.#wake.resolve();
    }
  }

  #drop(lane: Lane): void {
    this.#running.delete(lane);
    lane.cancel.cancel();
  }

  #throwIfOver(): void {
    if (this.#broken !== undefined || this.#signal.aborted) this.end();
    this.#signal.throwIfAborted();
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  /** Resolves when a lane has ended, or after `ms`. */
  async #change(ms?: number): Promise<void> {
    const timer = new AbortController();
    const alarm = ms === undefined ? [] : [this.#clock.sleep(ms, timer.signal)];
    try {
      await Promise.race([this.#wake.promise, ...alarm]);
    } finally {
      timer.abort();
    }
    this.#wake = Promise.withResolvers<void>();
  }
}

/** True for a failure after which another route may do better. */
function isRouteFault(error: unknown): error is CausewayError {
  if (!(error instanceof Error) || !("blame" in error)) return false;
  return error.blame === "route" || error.blame === "publisher";
}
