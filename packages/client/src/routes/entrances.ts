import { RetryBudget, type RetryLimits } from "./retry-budget.ts";
import type { Route } from "./route.ts";

export const entranceLimits = {
  hedgeMs: 300, // as long as another route waits for one that is slow
  hedgeMsMax: 1_500, // of a far route, four of whose round trips are longer than that
  hedgeTrips: 4, // to connect, to agree on TLS, to ask
  betterMs: 300_000, // a download is through by then, or waits 0.3 s once more
  asideMs: 60_000, // a process starts again in less
  beatenMax: 8, // in a row: on a far route the public address is always a little later than the hedge
} as const;

/** Once it is known which way is the better one, hardly a request needs the other. */
const hedges: RetryLimits = { burst: 8, msEach: 1_000, perSuccess: 0.1 };

/** Where to ask for a file at an entrance, and with what. */
export interface EntranceAddress {
  readonly url: URL;
  readonly port: number;
  readonly bearer: string;
}

/** Where else to ask a route for `path`, which is at `url`; undefined when there is nowhere now. */
export function entranceFor(
  route: Route,
  url: URL,
  path: string,
  now: number,
): EntranceAddress | undefined {
  const bearer = route.ticketFor(url, path, now);
  const port = bearer === undefined ? undefined : route.entrances.next(now);
  if (bearer === undefined || port === undefined || !route.entrances.mayBeAsked(now)) {
    return undefined;
  }
  const there = new URL(url);
  there.port = String(port);
  return { url: there, port, bearer };
}

/**
 * The private entrances of one route, and what is known of them and of its public address in this
 * run. All times are steady.
 */
export class Entrances {
  readonly #hedges = new RetryBudget(hedges);
  readonly #asideUntil = new Map<number, number>();
  #beaten = 0;
  #ports: readonly number[] = [];
  #betterUntil = Number.NEGATIVE_INFINITY;
  #publicRestUntil = Number.NEGATIVE_INFINITY;
  #answered = false;
  #mayBeToBlame = false;
  #distrusted = false;
  #doubted: number | undefined;

  /** From now on it has these and no others. */
  know(ports: readonly number[]): void {
    const kept = this.#ports.filter((port) => ports.includes(port)); // in their order
    this.#ports = [...new Set([...kept, ...ports])];
    for (const port of this.#asideUntil.keys()) {
      if (!ports.includes(port)) this.#asideUntil.delete(port);
    }
  }

  /** The port of the one to ask now; undefined when there is none. */
  next(now: number): number | undefined {
    if (this.#distrusted) return undefined;
    return this.#ports.find((port) => now >= (this.#asideUntil.get(port) ?? now));
  }

  /** False while the public address is no worse, and enough was asked twice lately. */
  mayBeAsked(now: number): boolean {
    return this.isBetter(now) || this.mayHedge(now);
  }

  /** True while one has failed behind an answer's headers, and the public address not answered yet. */
  get isDoubted(): boolean {
    return this.#doubted !== undefined;
  }

  /** True while an entrance is to be asked before the public address. */
  isBetter(now: number): boolean {
    return now < Math.max(this.#betterUntil, this.#publicRestUntil);
  }

  /** Until then the public address wants to be left alone. */
  get publicRestUntil(): number {
    return this.#publicRestUntil;
  }

  /** Until then there is no way to ask, when there is none now. */
  get restUntil(): number {
    if (this.#distrusted) return this.#publicRestUntil;
    const asideUntil = this.#ports.map((port) => this.#asideUntil.get(port) ?? -Infinity);
    return Math.min(this.#publicRestUntil, ...asideUntil);
  }

  restPublic(until: number): void {
    this.#publicRestUntil = Math.max(this.#publicRestUntil, until);
  }

  /** True when one more request may be sent for one that is not answered yet. */
  mayHedge(now: number): boolean {
    return this.#hedges.waitMs(now) === 0;
  }

  hedged(now: number): void {
    this.#hedges.take(now);
  }

  /** @param brought whether it had what was asked for: that there is none, any server may say */
  answered(way: "public" | "entrance", brought: boolean, now: number): void {
    this.#hedges.succeeded();
    this.#mayBeToBlame = way === "entrance";
    if (way === "public") {
      this.#betterUntil = Number.NEGATIVE_INFINITY;
      if (this.#doubted !== undefined) this.failed(this.#doubted, now + entranceLimits.asideMs);
      this.#doubted = undefined;
    } else {
      this.#answered = true;
      this.#beaten = 0;
      if (brought) this.#betterUntil = now + entranceLimits.betterMs;
    }
  }

  /** It is not asked again until then. */
  failed(port: number, until: number): void {
    this.#asideUntil.set(port, until);
  }

  /**
   * One was not waited for, since the public address was quicker: it may be dead.
   * @returns whether that was so too often
   */
  beaten(): boolean {
    this.#beaten = (this.#beaten + 1) % entranceLimits.beatenMax;
    return this.#beaten === 0;
  }

  /**
   * The route has failed behind an answer's headers, which may have been an entrance's doing: the
   * public address is first again, and another entrance next.
   */
  doubt(): void {
    const [first, ...others] = this.#ports;
    if (!this.#mayBeToBlame || first === undefined) return;
    this.#mayBeToBlame = false;
    this.#doubted = first;
    this.#ports = [...others, first];
    this.#betterUntil = Number.NEGATIVE_INFINITY;
  }

  /** True when an entrance may have told what is not so, and all are still asked. */
  get mayHaveMisled(): boolean {
    return this.#answered && !this.#distrusted;
  }

  /** No entrance is asked in this run any more. */
  distrust(): void {
    this.#distrusted = true;
  }
}
