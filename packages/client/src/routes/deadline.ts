/** What a deadline may be: before anything is known of the route, and the bounds it never leaves. */
export interface DeadlineLimits {
  readonly firstMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** A route's round trip, estimated as TCP does it (RFC 6298 section 2). */
export interface RoundTrip {
  readonly smoothedMs: number;
  readonly variationMs: number;
}

/** What is known of a route when a deadline is set. */
export interface RoutePace {
  readonly trip: RoundTrip | undefined;
  /** Of a body, lately. */
  readonly bytesPerSecond: number | undefined;
  /** Deadlines of this kind that it missed in a row. */
  readonly missed: number;
}

const sampleWeight = 1 / 8; // alpha of RFC 6298
const variationWeight = 1 / 4; // beta
const variations = 4; // K
const senderWaitMsMin = 250; // no TCP resends sooner, however near it is
// The sender waits once, then twice as long: two losses in a row, and the round trip itself.
const sendersWaits = 4;
const recordLength = 16 * 1024; // of TLS: none of its bytes can be read before the last one is here
const recordsAllowed = 2;

/** The estimate after one more measured round trip. */
export function roundTripAfter(trip: RoundTrip | undefined, sampleMs: number): RoundTrip {
  if (trip === undefined) return { smoothedMs: sampleMs, variationMs: sampleMs / 2 };
  const off = Math.abs(trip.smoothedMs - sampleMs);
  return {
    smoothedMs: trip.smoothedMs + sampleWeight * (sampleMs - trip.smoothedMs),
    variationMs: trip.variationMs + variationWeight * (off - trip.variationMs),
  };
}

/** How long one step towards an answer may take: connecting, agreeing on TLS, the first byte. */
export function answerDeadlineMs(pace: RoutePace, limits: DeadlineLimits): number {
  return bounded(tripMs(pace), pace, limits);
}

/** How long a body may be silent. */
export function silenceDeadlineMs(pace: RoutePace, limits: DeadlineLimits): number {
  const { bytesPerSecond } = pace;
  // A body whose rate nobody measured may come over a modem, however near the server answers.
  const recordsMs =
    bytesPerSecond === undefined
      ? limits.firstMs
      : (recordsAllowed * recordLength * 1000) / bytesPerSecond;
  return bounded(Math.max(tripMs(pace) ?? 0, recordsMs), pace, limits);
}

/** Undefined before anything was measured. */
function tripMs({ trip }: RoutePace): number | undefined {
  if (trip === undefined) return undefined;
  const wait = Math.max(senderWaitMsMin, trip.smoothedMs + variations * trip.variationMs);
  return wait * sendersWaits;
}

/** Doubled for each one missed (RFC 6298 section 5.5), so that a far route gets through at last. */
function bounded(ms: number | undefined, pace: RoutePace, limits: DeadlineLimits): number {
  const { firstMs, minMs, maxMs } = limits;
  const once = ms === undefined ? firstMs : Math.min(maxMs, Math.max(minMs, ms));
  return Math.min(maxMs, once * 2 ** Math.min(pace.missed, 16));
}
