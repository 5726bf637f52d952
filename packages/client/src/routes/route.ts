import {
  type Brand,
  type CausewayError,
  invariant,
  isPlaceText,
  type RouteAttempt,
  RouteError,
} from "@causeway/kernel";
import { Backoff } from "./backoff.ts";
import { type RoundTrip, type RoutePace, roundTripAfter } from "./deadline.ts";
import { Entrances } from "./entrances.ts";
import { Standing } from "./listed/standing.ts";
import { type RouteHealth, stateAfter } from "./route-fault.ts";
import { entrancesIn, type RouteTicket } from "./ticket.ts";

/** Names a route in logs and reports: its URL without credentials. The signed list has ids. */
export type RouteUrl = Brand<string, "RouteUrl">;

/** What became of one route, as `get --json` says it. */
export interface RouteReport {
  readonly url: string;
  /** Bytes of answers' bodies that came over it, kept or not. */
  readonly bytes: number;
  readonly state: RouteHealth;
  /** Null while the state is "ok". */
  readonly why: string | null;
}

/** What earlier runs found of a route, in times of this run's steady clock. */
export interface Recalled {
  /** Runs in a row in which it was of no use while another one was. */
  readonly failures: number;
  /** Until then it is asked only when no other route delivers. */
  readonly sleepUntil: number;
  /** Until then it is not asked. */
  readonly restUntil: number;
  readonly bytesPerSecond: number | undefined;
  readonly latencyMs: number | undefined;
  readonly ticket: RouteTicket | undefined;
}

/** Of a route that is met for the first time. */
export const nothingRecalled: Recalled = {
  failures: 0,
  sleepUntil: Number.NEGATIVE_INFINITY,
  restUntil: Number.NEGATIVE_INFINITY,
  bytesPerSecond: undefined,
  latencyMs: undefined,
  ticket: undefined,
};

// What a route did weighs more than what befell it: a liar that then dies stays a liar.
const weight = { ok: 0, dead: 1, slow: 1, stale: 2, lying: 3 } as const;
const forgetting = 0.7; // of the measured rate at each new measure: about the last three count

/** One way to reach the repository, and what is known of it in this run. */
export class Route {
  readonly id: RouteUrl;
  /** Ends in "/". May hold credentials, so it is never shown; `id` is. */
  readonly base: URL;
  readonly standing: Standing;
  /** When it may be asked again after failures of this run. */
  readonly backoff = new Backoff();
  /** Of its newest ticket. */
  readonly entrances = new Entrances();
  readonly #ledTo = new Map<Route, Backoff>();
  #others: readonly Route[] = [];
  #state: RouteHealth = "ok";
  #error: CausewayError | undefined;
  #bytesReceived = 0;
  #bytesKept = 0;
  #uses = 0;
  #lagging = false;
  #rateBytes = 0;
  #rateMs = 0;
  #firstTripMs: number | undefined;
  #latencyMs: number | undefined;
  #trip: RoundTrip | undefined;
  readonly #missed = { answer: 0, silence: 0 };
  #resetForgiven = false;
  #skewMs: number | undefined;
  #restUntil = Number.NEGATIVE_INFINITY;
  #recalled = nothingRecalled;
  #recalledError: CausewayError | undefined;
  #ticket: RouteTicket | undefined;

  constructor(base: URL, standing = new Standing()) {
    invariant(base.pathname.endsWith("/"), "a route's base ends in a slash");
    this.base = base;
    this.standing = standing;
    this.id = shown(base) as RouteUrl;
  }

  get state(): RouteHealth {
    return this.#state;
  }

  /** False once it is known to be of no use in this run, whatever is asked: a liar, or retired. */
  get trustworthy(): boolean {
    return this.#state !== "lying" && !this.standing.retirement.aborted;
  }

  /** The failure that set the state; undefined while it is "ok". */
  get error(): CausewayError | undefined {
    return this.#error;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Bytes that were verified and kept. */
  get bytesKept(): number {
    return this.#bytesKept;
  }

  /** Bytes per second of one request's body, lately; undefined before the first. */
  get bytesPerSecond(): number | undefined {
    return this.#rateMs === 0 ? undefined : (this.#rateBytes * 1000) / this.#rateMs;
  }

  /** From asking to the answer's headers, the last time. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  /**
   * The first round trip of this run, to connect as a rule. What the route does later, to be waited
   * for, does not count.
   */
  get firstTripMs(): number | undefined {
    return this.#firstTripMs;
  }

  /**
   * The route's clock minus ours; undefined when it did not tell. Of several answers the latest
   * time counts: a cache may send the Date of long ago.
   */
  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  /** The steady time before which the route asked us to stay away (`Retry-After`). */
  get restUntil(): number {
    return this.#restUntil;
  }

  get recalled(): Recalled {
    return this.#recalled;
  }

  /** Takes over what earlier runs found; before it is asked anything. */
  recall(known: Recalled): void {
    this.#recalled = known;
    const { ticket, restUntil } = known;
    if (ticket !== undefined) this.#keepTicket(ticket);
    if (ticket === undefined || entrancesIn(ticket.text).length === 0) this.rest(restUntil);
    else this.entrances.restPublic(restUntil);
    if (known.failures === 0) return;
    const runs = known.failures === 1 ? "the last run" : `the last ${known.failures} runs`;
    this.#recalledError = new RouteError("ROUTE_UNREACHABLE", this.id, `was of no use in ${runs}`);
    this.strike(this.#recalledError);
  }

  /** True while it is to be asked only when no other route delivers. */
  isAsleep(steady: number): boolean {
    if (this.standing.draining && this.#others.some((other) => other.delivers)) return true;
    if (this.#bytesKept > 0) return false;
    const { draining, reserve } = this.standing;
    return draining || reserve || steady < this.#recalled.sleepUntil;
  }

  /** True when it has been of use, and nothing but a failure speaks against its being so again. */
  get delivers(): boolean {
    return this.#bytesKept > 0 && this.trustworthy && !this.standing.draining;
  }

  /** True when it was asked in this run, and said nothing, was dead or lied in the end. */
  get failed(): boolean {
    const isSilent = this.#state === "slow" && this.#latencyMs === undefined;
    const isBad = isSilent || this.#state === "dead" || this.#state === "lying";
    return isBad && this.#error !== this.#recalledError;
  }

  get report(): RouteReport {
    return {
      url: this.id,
      bytes: this.#bytesReceived,
      state: this.#state,
      why: this.#error?.message ?? null,
    };
  }

  /** For `NoRouteDelivered`; a route that was never struck is said to have been left unasked. */
  get attempt(): RouteAttempt {
    const unasked = new RouteError("ROUTE_UNREACHABLE", this.id, "was not asked");
    return { url: this.id, bytesKept: this.#bytesKept, error: this.#error ?? unasked };
  }

  /** The URL of a file of the repository: `metadata/…`, `targets/…` or `security/…`, encoded. */
  url(path: string): URL {
    const url = new URL(path, this.base);
    invariant(
      url.origin === this.base.origin && url.pathname.startsWith(this.base.pathname),
      "a file of the repository lies below the route's base",
    );
    return url;
  }

  /** Tells it of the others that the caller listed, which it may redirect to. */
  meet(others: readonly Route[]): void {
    this.#others = others.filter((other) => other !== this);
  }

  /**
   * Whose a URL is that it redirects `path` to: its own, nobody's, or another listed route's. Of
   * those only the same file: else a liar could have us ask them for what they do not have.
   */
  leadsTo(url: URL, path: string): Route | undefined {
    if (!/^https?:$/.test(url.protocol)) return undefined;
    if (url.origin === this.base.origin) return this;
    return this.#others.find((other) => {
      return url.origin === other.base.origin && isSameFile(url, other.url(path));
    });
  }

  /** When it may be followed to `other` again after failures there; it has no end in this run. */
  ledTo(other: Route): Backoff {
    const backoff = this.#ledTo.get(other) ?? new Backoff();
    this.#ledTo.set(other, backoff);
    return backoff;
  }

  /** The newest that it gave, in times of the steady clock. */
  get ticket(): RouteTicket | undefined {
    return this.#ticket;
  }

  /** It gave a ticket with what it has of `path` at `url`, or a place, which replaces no ticket. */
  takeTicket(url: URL, path: string, ticket: RouteTicket, steady: number): void {
    if (!this.#hasTickets(url, path)) return;
    const kept = this.ticketFor(url, path, steady);
    const hasTicket = kept !== undefined && !isPlaceText(kept);
    if (!hasTicket || !isPlaceText(ticket.text)) this.#keepTicket(ticket);
  }

  #keepTicket(ticket: RouteTicket): void {
    this.#ticket = ticket;
    this.entrances.know(entrancesIn(ticket.text));
  }

  /** What to show of its tickets when `path` is asked for at `url`; none anywhere but with it. */
  ticketFor(url: URL, path: string, steady: number): string | undefined {
    if (this.#ticket === undefined || steady >= this.#ticket.until) return undefined;
    return this.#hasTickets(url, path) ? this.#ticket.text : undefined;
  }

  /** It has not where it redirects to, nor where it knows us by name and password. */
  #hasTickets(url: URL, path: string): boolean {
    const { protocol, origin, username, password } = this.base;
    if (protocol === "file:" || username !== "" || password !== "") return false;
    return url.origin === origin && isSameFile(url, this.url(path));
  }

  received(bytes: number): void {
    this.#bytesReceived += bytes;
  }

  /** Times that what it said was verified, or what an honest route says. */
  get uses(): number {
    return this.#uses;
  }

  /** Bytes from this route were verified; none when its word that it lacks something counts. */
  kept(bytes: number): void {
    this.#uses++;
    this.#lagging = false;
    this.#bytesKept += bytes;
  }

  /** True when another route was through first, and it had had its time; until it is of use. */
  get lagging(): boolean {
    return this.#lagging;
  }

  lagged(): void {
    this.#lagging = true;
  }

  /** An answer came whole: the route is alive again if it was taken for dead or slow. */
  completed(): void {
    this.#missed.silence = 0;
    if (weight[this.#state] > 1) return;
    this.#state = "ok";
    this.#error = undefined;
  }

  /** What the next deadline of this kind is to be set by. */
  pace(kind: "answer" | "silence"): RoutePace {
    const missed = this.#missed[kind];
    return { trip: this.#trip, bytesPerSecond: this.bytesPerSecond, missed };
  }

  /** It let such a deadline pass. */
  missed(kind: "answer" | "silence"): void {
    this.#missed[kind]++;
  }

  /** One round trip, and nothing else but what the route spent on thinking. */
  tookRoundTrip(ms: number): void {
    this.#firstTripMs ??= ms;
    this.#trip = roundTripAfter(this.#trip, ms);
  }

  /**
   * True once, until it answers again: flood filters reset the first connection and let the second
   * one through, and whoever resets that too means it.
   */
  forgivesReset(): boolean {
    const first = !this.#resetForgiven;
    this.#resetForgiven = true;
    return first;
  }

  answered(latencyMs: number, skewMs: number | undefined): void {
    this.#resetForgiven = false;
    this.#missed.answer = 0;
    this.#latencyMs = latencyMs;
    if (skewMs !== undefined) this.#skewMs = Math.max(this.#skewMs ?? skewMs, skewMs);
  }

  measured(bytes: number, ms: number): void {
    this.#rateBytes = this.#rateBytes * forgetting + bytes;
    this.#rateMs = this.#rateMs * forgetting + Math.max(ms, 1);
  }

  rest(until: number): void {
    this.#restUntil = Math.max(this.#restUntil, until);
  }

  /**
   * Takes note of a failure that the route is to blame for.
   * @returns the one that counts
   */
  strike<Failure extends CausewayError>(error: Failure): Failure | RouteError {
    const counted = this.#mayBeMisled(error) ? this.excused(error) : error;
    this.entrances.doubt();
    const state = stateAfter(counted);
    if (weight[state] < weight[this.#state]) return counted;
    this.#state = state;
    this.#error = counted;
    return counted;
  }

  /** What several answers come to, nobody knows of a single one. */
  #mayBeMisled({ code, blame }: CausewayError): boolean {
    const isOfMany = code === "ROUTE_STALE" || blame === "publisher";
    return isOfMany && this.entrances.mayHaveMisled;
  }

  /**
   * What a failure counts for in which a private entrance had a part: a lie of it is none of the
   * route's, and no entrance is asked in this run any more.
   */
  excused<Failure extends CausewayError>(error: Failure): Failure | RouteError {
    if (weight[stateAfter(error)] < weight.stale) return error;
    this.entrances.distrust();
    this.rest(this.entrances.publicRestUntil);
    const text = `or a private entrance of it is not to be trusted: ${error.message}`;
    return new RouteError("ROUTE_UNREACHABLE", this.id, text, { cause: error });
  }

  /** Takes a strike back that turned out to be no fault of the route. */
  forgive(code: CausewayError["code"]): void {
    if (this.#error?.code !== code) return;
    this.#state = "ok";
    this.#error = undefined;
  }
}

function isSameFile(one: URL, other: URL): boolean {
  return one.pathname === other.pathname && one.search === other.search;
}

/** A URL without its credentials. */
export function shown(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}
