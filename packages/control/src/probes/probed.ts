import type { Instant, Place, RouteState } from "@causeway/kernel";

/** A route that is to be probed. */
export interface RouteToProbe {
  /** Its id in the signed list, or its URL where it has none. */
  readonly id: string;
  readonly urls: readonly string[];
  readonly state: RouteState;
  /** The nearest place that it may lead to; absent: any. */
  readonly reach?: Place;
}

/** What clients make of a route, the worst last. */
export const verdicts = [
  "ok",
  "slow", // it hung, dripped, or knows no ranges
  "refused", // it answered that it will not serve us now, as 429 and 503
  "stale", // an older state than another one has, or one that has expired
  "half-updated", // it names files that it does not have
  "unknown", // our own proxy is in the way
  "dead", // no answer, or none of use
  "lying", // it sent what is not signed, or something else than was asked for
] as const;
export type Verdict = (typeof verdicts)[number];

/** What one URL of a route was found to be. Null stands for what could not be found out. */
export interface ProbedUrl {
  readonly url: string;
  readonly verdict: Verdict;
  /** The code of what is wrong. */
  readonly code: string | null;
  readonly why: string | null;
  /** What the route asked to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | null;
  /** Milliseconds of each step to the first answer. */
  readonly nameMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
  /** Of the chunks that were asked for. */
  readonly bytes: number;
  readonly bytesPerSecond: number | null;
  /** The version of its timestamp, and of its snapshot. */
  readonly timestamp: number | null;
  readonly snapshot: number | null;
  /** When its state expires. */
  readonly expires: Instant | null;
  readonly certificateUntil: Instant | null;
}

export interface ProbedRoute {
  readonly id: string;
  readonly state: RouteState;
  /** Of its best URL; lying when any of them lies. */
  readonly verdict: Verdict;
  readonly urls: readonly ProbedUrl[];
}

/** A name that clients never ask again. */
export interface RetiredName {
  readonly id: string;
  readonly name: string;
  /** What it still leads to; none when it is gone. */
  readonly addresses: readonly string[];
  /** Why that could not be found out. */
  readonly why: string | null;
}

/** One look at all routes. */
export interface Round {
  readonly at: Instant;
  /** The newest state that any of them has, by its timestamp's version. */
  readonly newest: number | null;
  /** The patch of which bytes were asked for; null when none was found. */
  readonly patch: string | null;
  /** What is wrong with the vendor's own copy of the repository, where there is one. */
  readonly ownFault: string | null;
  readonly routes: readonly ProbedRoute[];
  readonly retired: readonly RetiredName[];
}
