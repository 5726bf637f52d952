import { type CausewayError, type Clock, type Random, RouteError } from "@causeway/kernel";
import type { MetadataLimits } from "../limits.ts";
import { Cancel, over } from "./cancel.ts";
import { Contender } from "./contender.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Route } from "./route.ts";
import { isRouteFault } from "./route-fault.ts";

/**
 * Does one thing over one route; its failures are the route's unless they are the host's. When it
 * failed it may be called again.
 */
export type RouteJob<Value> = (route: Route, signal: AbortSignal) => Promise<Value>;

export type RaceLimits = Omit<
  MetadataLimits,
  "secondOpinionMs" | "stepsMax" | "newerMs" | "newerMsMax"
>;

export interface RaceRequest<Value> {
  readonly ports: { readonly clock: Clock; readonly random: Random };
  /** In the order in which they are to be asked. */
  readonly routes: readonly Route[];
  readonly job: RouteJob<Value>;
  readonly limits: RaceLimits;
  readonly retries: RetryBudget;
  readonly signal: AbortSignal;
}

interface Lane {
  readonly contender: Contender;
  readonly cancel: Cancel;
  /** Steady time. */
  readonly startedAt: number;
}

/**
 * The same job over several routes, in their order: the next one starts when one fails, or when
 * those before it take long; however many there are that take for ever, each gets its turn. A
 * route that fails is struck; one that loses is not. What may be over in a moment puts no route
 * out: it is asked again a few times, after waits that grow. One that asked to be left alone is
 * asked when its rest is over. Those that were of no use lately are left asleep until it seems
 * that no other one delivers.
 */
export class RouteRace<Value> {
  readonly #request: RaceRequest<Value>;
  readonly #clock: Clock;
  readonly #waiting: Contender[];
  readonly #asleep: Contender[];
  readonly #running = new Set<Lane>();
  readonly #done: Value[] = [];
  #restMs: number; // left of what it may wait while nobody is asked
  #startDue = Number.NEGATIVE_INFINITY;
  #wakeDue = Number.POSITIVE_INFINITY;
  #started = 0;
  #broken: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(request: RaceRequest<Value>) {
    const { ports, routes, limits, retries } = request;
    this.#request = request;
    this.#clock = ports.clock;
    this.#restMs = limits.restMsMax;
    const now = ports.clock.steady();
    const contenders = routes.map((route) => new Contender(route, limits, retries, now));
    this.#waiting = contenders.filter(({ route }) => !route.isAsleep(now));
    this.#asleep = contenders.filter(({ route }) => route.isAsleep(now));
  }

  /**
   * Resolves with the first value, or undefined when every route failed. Others go on.
   * @throws what is no fault of a route; the signal's reason when it fired
   */
  async first(): Promise<Value | undefined> {
    const { limits } = this.#request;
    for (;;) {
      this.#throwIfOver();
      if (this.#done.length > 0) return this.#done[0];
      const now = this.#clock.steady();
      const isNobodyElse = !this.#waiting.some((one) => one.fresh && one.dueAt(now) <= now);
      if (isNobodyElse && (this.#running.size === 0 || now >= this.#wakeDue)) {
        this.#waiting.push(...this.#asleep.splice(0, limits.wakeMax));
      }
      const next = this.#nextDue(now);
      const isIdle = this.#running.size === 0;
      if (next === undefined) {
        if (isIdle) return undefined;
        await this.#change(this.#untilWake(now));
        continue;
      }
      let wait = next.dueAt(now) - now;
      if (isIdle) {
        const rest = next.restsUntil - now; // a wait for the budget is no rest
        if (rest > this.#restMs) return undefined;
        this.#restMs -= Math.max(0, rest);
      } else {
        wait = Math.max(wait, this.#startDue - now, this.#placeIn(now));
      }
      if (wait <= 0) this.#start(next);
      else await this.#change(Math.min(wait, this.#untilWake(now) ?? Infinity));
    }
  }

  /**
   * Gives every other route `ms` to finish as well, counted from when the last of them could be
   * started, and to each as much more as `moreMs` then says; who is not through is struck as
   * slow. Resolves with all values.
   * @param moreMs told whether the route is busy: it failed, or asked to be left alone
   */
  async rest(
    ms: number,
    moreMs: (route: Route, busy: boolean) => number,
  ): Promise<readonly Value[]> {
    await this.#startAll();
    const start = this.#clock.steady();
    for (;;) {
      this.#throwIfOver();
      const now = this.#clock.steady();
      let next = Infinity;
      const moreOf = ({ route, busy }: Contender): number => moreMs(route, busy);
      for (const one of this.#waiting.filter(({ promising }) => promising)) {
        const due = one.dueAt(now);
        if (due >= start + ms + moreOf(one)) continue;
        if (due <= now) this.#start(one);
        else next = Math.min(next, due);
      }
      for (const lane of this.#running) {
        const due = start + ms + (now < start + ms ? 0 : moreOf(lane.contender));
        if (due <= now) this.#giveUp(lane, now - start);
        else next = Math.min(next, due);
      }
      if (next === Infinity) return this.#done;
      await this.#change(next - now);
    }
  }

  /** Starts what is left and was not asked yet, as places come free. */
  async #startAll(): Promise<void> {
    for (;;) {
      this.#throwIfOver();
      const now = this.#clock.steady();
      const next = this.#waiting.find((one) => one.fresh && one.dueAt(now) <= now);
      if (next === undefined) return;
      const wait = this.#placeIn(now);
      if (wait <= 0) this.#start(next);
      else await this.#change(wait);
    }
  }

  /** The first that may be asked now, or else the one that may be asked next. */
  #nextDue(now: number): Contender | undefined {
    const due = (one: Contender): number => Math.max(now, one.dueAt(now));
    // Of those that are due, who answers at all, and then the ones with the fewest failures: the
    // many that are dead must not spend what the one that stumbles needs.
    return this.#waiting.toSorted(
      (a, b) => due(a) - due(b) || a.silent - b.silent || a.failures - b.failures,
    )[0];
  }

  #untilWake(now: number): number | undefined {
    return this.#asleep.length === 0 ? undefined : this.#wakeDue - now;
  }

  #giveUp(lane: Lane, ms: number): void {
    const { route } = lane.contender;
    const text = `gave no whole answer within ${Math.round(ms / 100) / 10} s; went on without it`;
    route.strike(new RouteError("ROUTE_STALLED", route.id, text));
    this.#drop(lane);
  }

  /** Cancels what still runs, and starts nothing any more. */
  end(): void {
    this.#waiting.length = 0;
    this.#asleep.length = 0;
    const lateFrom = this.#clock.steady() - this.#request.limits.placeMs;
    for (const lane of this.#running) {
      if (this.#done.length > 0 && lane.startedAt < lateFrom) lane.contender.route.lagged();
      this.#drop(lane);
    }
    this.#wake.resolve();
  }

  /** Milliseconds until one more may be in flight; 0 when one may now. */
  #placeIn(now: number): number {
    const { routesInFlightMax, placeMs } = this.#request.limits;
    // In the order in which they were started, so the last few hold places the longest.
    const eldest = [...this.#running].at(-routesInFlightMax);
    return eldest === undefined ? 0 : Math.max(0, eldest.startedAt + placeMs - now);
  }

  #start(contender: Contender): void {
    this.#waiting.splice(this.#waiting.indexOf(contender), 1);
    const { hedgeMs, placeMs, routesInFlightMax, wakeMs } = this.#request.limits;
    const startedAt = this.#clock.steady();
    contender.begin(startedAt);
    if (contender.fresh) this.#wakeDue = startedAt + wakeMs;
    this.#started++;
    // After so many of no use there is an attack, and no reason to be polite to what is left.
    const hedge = this.#started < routesInFlightMax ? hedgeMs : Math.min(hedgeMs, placeMs);
    this.#startDue = startedAt + hedge;
    const lane = { contender, cancel: new Cancel(this.#request.signal), startedAt };
    this.#running.add(lane);
    void this.#run(lane);
  }

  /** Never rejects. */
  async #run(lane: Lane): Promise<void> {
    const { contender, cancel } = lane;
    try {
      const value = await this.#request.job(contender.route, cancel.signal);
      contender.delivered();
      if (this.#running.has(lane)) this.#done.push(value);
    } catch (error) {
      if (!this.#running.has(lane) || cancel.signal.aborted) return;
      if (isRouteFault(error)) this.#failed(contender, error);
      else this.#broken ??= { error };
    } finally {
      this.#running.delete(lane);
      cancel.release();
      this.#wake.resolve();
    }
  }

  #failed(contender: Contender, error: CausewayError): void {
    const now = this.#clock.steady();
    this.#startDue = now; // the next one takes its place at once
    const counted = contender.route.strike(error);
    if (contender.failed(counted, now, this.#request.ports.random)) this.#waiting.push(contender);
  }

  #drop(lane: Lane): void {
    this.#running.delete(lane);
    lane.cancel.cancel();
  }

  #throwIfOver(): void {
    const { signal } = this.#request;
    if (this.#broken !== undefined || signal.aborted) this.end();
    signal.throwIfAborted();
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  /** Resolves when a lane has ended, or after `ms`. */
  async #change(ms?: number): Promise<void> {
    const timer = new AbortController();
    const alarm = ms === undefined ? [] : [this.#clock.sleep(ms, timer.signal)];
    const { signal } = this.#request;
    const ring = (): void => this.#wake.resolve();
    signal.addEventListener("abort", ring);
    if (signal.aborted) ring();
    try {
      await Promise.race([this.#wake.promise, ...alarm]);
    } finally {
      signal.removeEventListener("abort", ring);
      timer.abort(over);
    }
    this.#wake = Promise.withResolvers<void>();
  }
}
