import type { Instant } from "@causeway/kernel";

/** What the `Date` headers of one host said. */
export interface HostTime {
  /** Its clock minus the local one, in milliseconds. */
  readonly aheadMs: number;
}

/** All that is known of the time. */
export interface TimeEvidence {
  /** The local wall clock. */
  readonly local: Instant;
  /** The newest time of signing in what a threshold of trusted keys signed. */
  readonly newestSigned: Instant | undefined;
  /** When the last of what they signed expires. */
  readonly lastExpiry: Instant;
  /** One for each host. */
  readonly hosts: readonly HostTime[];
}

/** The time by which this run judges expiry. */
export interface JudgedTime {
  readonly now: Instant;
  /** Whose word it is. `nothing`: every clock is out of the question, and nothing was signed. */
  readonly by: "local" | "routes" | "signed" | "nothing";
  /** By how much the local clock is ahead, as far as anybody tells. */
  readonly localAheadMs: number | undefined;
}

/** Clocks that differ by less agree. Expiry is counted in days; a machine without NTP drifts so. */
export const agreeMs = 10 * 60_000;
/** Of a clock that is off by less, only so much is corrected: a wrong time zone is no wrong year. */
const nearMs = 86_400_000;
/** A clock so far past the end of all that was signed is out of the question. */
const beyondReasonMs = 5 * 365 * 86_400_000;

/**
 * Decides what time it is. The local clock is believed as soon as one host agrees with it: nobody
 * can agree with a wrong clock without knowing what it shows. Otherwise most of the hosts, two at
 * least, correct it when they agree with each other, but forward by no more than a day while one
 * host is within a day of it. It is never earlier than the newest time of signing.
 * `docs/time.md` says why.
 */
export function judgeTime(evidence: TimeEvidence): JudgedTime {
  const { local, newestSigned, hosts } = evidence;
  const ahead = hosts.map(({ aheadMs }) => aheadMs).toSorted((a, b) => a - b);
  const agreed = correction(ahead);
  const told = agreed ?? median(ahead);
  const localAheadMs = told === undefined ? undefined : -told;
  const clock = agreed === undefined ? plausible(evidence, ahead) : local + agreed;
  if (newestSigned !== undefined && newestSigned > (clock ?? Number.NEGATIVE_INFINITY)) {
    return { now: newestSigned, by: "signed", localAheadMs: localAheadMs ?? local - newestSigned };
  }
  // The documents themselves may tell the time, once there are some.
  if (clock === undefined) return { now: 0, by: "nothing", localAheadMs };
  return { now: clock, by: agreed === undefined ? "local" : "routes", localAheadMs };
}

/** The local clock, unless it is out of the question and nobody agrees with it. */
function plausible(
  { local, lastExpiry }: TimeEvidence,
  ahead: readonly number[],
): Instant | undefined {
  if (local <= lastExpiry + beyondReasonMs) return local;
  return ahead.some((ms) => Math.abs(ms) <= agreeMs) ? local : undefined;
}

/** By how much the local clock is behind, when the hosts may say so. */
function correction(ahead: readonly number[]): number | undefined {
  const nearest = Math.min(...ahead.map(Math.abs));
  if (nearest <= agreeMs) return undefined;
  const agreed = consensus(ahead);
  // Only forward does it expire what is out. Backward, most of the hosts help who is ahead.
  const isFar = agreed !== undefined && agreed > nearMs;
  return isFar && nearest <= nearMs ? undefined : agreed;
}

/** What most of the sorted values, and at least two, agree on: the middle of the largest group. */
function consensus(sorted: readonly number[]): number | undefined {
  const groups = sorted.map((low) => sorted.filter((ms) => ms >= low && ms <= low + agreeMs));
  const largest = groups.toSorted((a, b) => b.length - a.length)[0] ?? [];
  if (largest.length < 2 || largest.length * 2 <= sorted.length) return undefined;
  return median(largest);
}

function median(sorted: readonly number[]): number | undefined {
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}
