import type { Instant } from "@causeway/kernel";
import { over } from "../routes/cancel.ts";
import type { RouteRace } from "../routes/race.ts";
import type { Route } from "../routes/route.ts";
import { Attempt, compareStates, newestOf, rootOf } from "./attempt.ts";
import { type Run, startRace } from "./metadata.ts";

/** What became of asking the routes once. */
export interface Asked {
  readonly attempts: readonly Attempt[];
  /** Those that led to a whole valid state. */
  readonly whole: readonly Attempt[];
}

// Two for TLS, two for root and timestamp, and two to spare; one for each new root.
const opinionRoundTrips = 6;
const nearMs = 100; // a route as near as the first one is through by then, and …
const nearRoundTrips = 4; // … so many round trips later

/** Asks the routes once, all at once: each of them is asked in any case. */
export class Asking {
  readonly #run: Run;
  readonly #attempts = new Map<Route, Attempt>();
  readonly #race: RouteRace<Attempt>;
  readonly #whole: Attempt[] = [];
  #all: Promise<Asked> | undefined;
  #isOver = false;

  constructor(run: Run, now: Instant) {
    this.#run = run;
    const job = async (route: Route, signal: AbortSignal): Promise<Attempt> => {
      // A route that is asked again goes on where it failed.
      const attempt = this.#attempts.get(route) ?? new Attempt(run, route, now);
      this.#attempts.set(route, attempt);
      await attempt.follow(signal);
      this.#whole.push(attempt);
      return attempt;
    };
    this.#race = startRace(run, job, 0);
  }

  /** True when no route has anything left to say. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the first route leads to, and those that are as near as it is. */
  async near(): Promise<Asked> {
    const first = await this.#race.first();
    if (first === undefined) return this.all();
    const timer = new AbortController();
    const ms = nearMs + (first.route.latencyMs ?? 0) * nearRoundTrips;
    const alarm = this.#run.ports.clock.sleep(ms, timer.signal).catch(() => undefined); // we end it
    try {
      await Promise.race([this.all(), alarm]);
    } finally {
      timer.abort(over);
    }
    return this.#asked([...this.#whole]);
  }

  /** What all of them lead to that are through in time. */
  all(): Promise<Asked> {
    this.#all ??= this.#rest().finally(() => {
      this.#isOver = true;
    });
    return this.#all;
  }

  end(): void {
    this.#race.end();
  }

  async #rest(): Promise<Asked> {
    const first = await this.#race.first();
    if (first === undefined) return this.#asked([]);
    const { limits, state } = this.#run;
    const { secondOpinionMs, newerMs, newerMsMax, busyMs } = limits.metadata;
    const start = this.#run.ports.clock.steady();
    const moreMs = (route: Route, busy: boolean): number => {
      const attempt = this.#attempts.get(route);
      const known = newestOf(this.#whole)?.set ?? first.set;
      const roundTrips = opinionRoundTrips + rootOf(known) - rootOf(state.set);
      if (attempt !== undefined && compareStates(attempt.set, known) > 0) {
        return Math.min(newerMsMax, Math.max(0, attempt.gotOnAt - start) + newerMs);
      }
      // A far route that answers step by step is on its way, or has taken the connection: a near
      // and frozen one must not win every time.
      const wayMs = Math.min(newerMs, (route.firstTripMs ?? 0) * roundTrips);
      return busy ? Math.max(wayMs, busyMs) : wayMs;
    };
    const whole = await this.#race.rest(secondOpinionMs, moreMs);
    return this.#asked(whole);
  }

  #asked(whole: readonly Attempt[]): Asked {
    return { attempts: [...this.#attempts.values()], whole };
  }
}
