import { type CausewayError, type Random, RouteError } from "@causeway/kernel";
import type { BackoffLimits } from "./backoff.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Route } from "./route.ts";

export interface ContenderLimits {
  /** Failures in a row, without a verified document between them, that put a route out. */
  readonly failuresMax: number;
  /** What those failures may take until then, the waits between them not counted. */
  readonly failingMsMax: number;
  readonly backoffMs: BackoffLimits;
}

/** A route in a race, and whether and when it is to be asked again. */
export class Contender {
  readonly route: Route;
  readonly #limits: ContenderLimits;
  readonly #retries: RetryBudget;
  readonly #rested: boolean;
  #failures = 0;
  #failingMs = 0;
  #askedAt = 0;
  #uses: number;
  #error: CausewayError | undefined;

  /** @param now of the race's begin, by the steady clock */
  constructor(route: Route, limits: ContenderLimits, retries: RetryBudget, now: number) {
    this.route = route;
    this.#limits = limits;
    this.#retries = retries;
    this.#uses = route.uses;
    this.#rested = route.restUntil > now;
  }

  /** True until it fails. */
  get fresh(): boolean {
    return this.#failures === 0;
  }

  /** True when it failed, or had asked to be left alone before. */
  get busy(): boolean {
    return !this.fresh || this.#rested;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** 1 when it has not answered at all in this run, else 0. */
  get silent(): number {
    return this.route.latencyMs === undefined ? 1 : 0;
  }

  /** Until when it is not asked on its own account, whatever others spend; steady time. */
  get restsUntil(): number {
    return Math.max(this.route.backoff.dueAt, this.route.restUntil);
  }

  /** When it may be asked, as far as can be told now; steady time. */
  dueAt(now: number): number {
    const due = this.restsUntil;
    return this.fresh ? due : Math.max(due, now + this.#retries.waitMs(now));
  }

  /**
   * Whether what it may still say is worth a wait although another route has delivered: it was
   * not asked yet, or there is a server, which has more to do than it can.
   */
  get promising(): boolean {
    const error = this.#error;
    if (error === undefined) return true;
    if (error.code === "ROUTE_MISSING") return false;
    const isBroken = error instanceof RouteError && error.reset;
    const isForbidden = error instanceof RouteError && error.forbidden;
    return isBroken || (this.route.latencyMs !== undefined && !isForbidden);
  }

  begin(now: number): void {
    this.#askedAt = now;
    if (!this.fresh) this.#retries.take(now);
  }

  delivered(): void {
    this.#retries.succeeded();
    this.route.backoff.succeeded();
  }

  /** @returns whether it may be asked again, when it is due */
  failed(error: CausewayError, now: number, random: Random): boolean {
    if (this.route.uses > this.#uses) {
      this.#failures = 0;
      this.#failingMs = 0;
      this.#askedAt = now; // what came until then was no failing
      this.delivered();
    }
    this.#uses = this.route.uses;
    this.#error = error;
    this.#failures++;
    this.#failingMs += now - this.#askedAt;
    const { failuresMax, failingMsMax, backoffMs } = this.#limits;
    this.route.backoff.failed(now, backoffMs, random);
    const isOut = this.#failures >= failuresMax || this.#failingMs >= failingMsMax;
    return isPassing(error) && !isOut;
  }
}

/** True of what befalls a good route under flood, too, and may be over in a moment. */
function isPassing(error: CausewayError): boolean {
  if (error instanceof RouteError && error.astray) return false;
  switch (error.code) {
    case "ROUTE_UNREACHABLE":
    case "ROUTE_REFUSED":
    case "ROUTE_MISSING":
    case "ROUTE_TRUNCATED":
    case "ROUTE_STALLED":
    case "PROXY_UNREACHABLE":
    case "PROXY_REFUSED":
      return true;
    default:
      return false;
  }
}
