import { type CausewayError, type Clock, RouteError } from "@causeway/kernel";
import type { MetadataLimits } from "../limits.ts";
import { Cancel, over } from "./cancel.ts";
import type { Route } from "./route.ts";

/** Does one thing over one route; its failures are the route's unless they are the host's. */
export type RouteJob<Value> = (route: Route, signal: AbortSignal) => Promise<Value>;

interface Lane {
  readonly route: Route;
  readonly cancel: Cancel;
  /** Steady time. */
  readonly startedAt: number;
}

/**
 * The same job over several routes, in their order: the next one starts when one fails, or when
 * those before it take long; however many there are that take for ever, each gets its turn. A
 * route that fails is struck; one that loses is not. Those that were of no use lately are left
 * asleep until it seems that no other one delivers.
 */
export class RouteRace<Value> {
  readonly #clock: Clock;
  readonly #job: RouteJob<Value>;
  readonly #limits: MetadataLimits;
  readonly #signal: AbortSignal;
  readonly #waiting: Route[];
  readonly #asleep: Route[];
  readonly #running = new Set<Lane>();
  readonly #done: Value[] = [];
  #startDue = Number.NEGATIVE_INFINITY;
  #wakeDue = Number.POSITIVE_INFINITY;
  #started = 0;
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
    const now = clock.steady();
    this.#waiting = routes.filter((route) => !route.isAsleep(now));
    this.#asleep = routes.filter((route) => route.isAsleep(now));
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
      const now = this.#clock.steady();
      const isNobodyElse = this.#waiting.length === 0;
      if (isNobodyElse && (this.#running.size === 0 || now >= this.#wakeDue)) {
        this.#waiting.push(...this.#asleep.splice(0));
      }
      if (this.#waiting.length === 0) {
        if (this.#running.size === 0) return undefined;
        await this.#change(this.#asleep.length === 0 ? undefined : this.#wakeDue - now);
        continue;
      }
      const wait = Math.max(this.#startDue - now, this.#placeIn(now));
      if (wait <= 0 || this.#running.size === 0) this.#startNext();
      else await this.#change(wait);
    }
  }

  /**
   * Gives every other route `ms` to finish as well, counted from when the last of them could be
   * started, and to each as much more as `moreMs` then says; who is not through is struck as
   * slow. Resolves with all values.
   */
  async rest(ms: number, moreMs: (route: Route) => number): Promise<readonly Value[]> {
    await this.#startAll();
    const start = this.#clock.steady();
    for (;;) {
      this.#throwIfOver();
      const now = this.#clock.steady();
      let next = Infinity;
      for (const lane of this.#running) {
        const due = now < start + ms ? start + ms : start + ms + moreMs(lane.route);
        if (due <= now) this.#giveUp(lane, now - start);
        else next = Math.min(next, due);
      }
      if (this.#running.size === 0) return this.#done;
      await this.#change(next - now);
    }
  }

  /** Starts what is left, as places come free. */
  async #startAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#throwIfOver();
      const wait = this.#placeIn(this.#clock.steady());
      if (wait <= 0) this.#startNext();
      else await this.#change(wait);
    }
  }

  #giveUp(lane: Lane, ms: number): void {
    const text = `gave no whole answer within ${Math.round(ms / 100) / 10} s; went on without it`;
    lane.route.strike(new RouteError("ROUTE_STALLED", lane.route.id, text));
    this.#drop(lane);
  }

  /** Cancels what still runs. */
  end(): void {
    for (const lane of this.#running) this.#drop(lane);
  }

  /** Milliseconds until one more may be in flight; 0 when one may now. */
  #placeIn(now: number): number {
    const { routesInFlightMax, placeMs } = this.#limits;
    // In the order in which they were started, so the last few hold places the longest.
    const eldest = [...this.#running].at(-routesInFlightMax);
    return eldest === undefined ? 0 : Math.max(0, eldest.startedAt + placeMs - now);
  }

  #startNext(): void {
    const route = this.#waiting.shift();
    if (route === undefined) return;
    const { hedgeMs, placeMs, routesInFlightMax, wakeMs } = this.#limits;
    const startedAt = this.#clock.steady();
    this.#wakeDue = startedAt + wakeMs;
    this.#started++;
    // After so many of no use there is an attack, and no reason to be polite to what is left.
    const hedge = this.#started < routesInFlightMax ? hedgeMs : Math.min(hedgeMs, placeMs);
    this.#startDue = startedAt + hedge;
    const lane = { route, cancel: new Cancel(this.#signal), startedAt };
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
      timer.abort(over);
    }
    this.#wake = Promise.withResolvers<void>();
  }
}

/** True for a failure after which another route may do better. */
function isRouteFault(error: unknown): error is CausewayError {
  if (!(error instanceof Error) || !("blame" in error)) return false;
  return error.blame === "route" || error.blame === "publisher";
}
