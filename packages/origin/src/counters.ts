import { invariant } from "@causeway/kernel";
import { latencyBounds } from "./measures/latency.ts";
import { type RequestClass, requestClasses } from "./shield/request-class.ts";
import { type ShieldRule, shieldRules } from "./shield/rulebook.ts";

/** Why a connection was closed before its client was done. */
export const dropReasons = [
  "limit",
  "malformed",
  "pipelining",
  "slow-reader",
  "tls",
  "uninvited",
] as const;
export type DropReason = (typeof dropReasons)[number];

/**
 * What became of a connection to the TLS port: a whole handshake, one that took up an earlier
 * session, one that failed, one that took too long, and those that were closed before it began or
 * while it was under way, to leave room for others.
 */
export const handshakeEnds = [
  "full",
  "resumed",
  "failed",
  "late",
  "over-share",
  "busy",
  "crowded-out",
] as const;
export type HandshakeEnd = (typeof handshakeEnds)[number];

/**
 * What became of a request at the shield: admitted at once or after it waited; or refused, since
 * whoever asks has used up its share, or there was no room for long; or gone while it waited. Of the
 * refused, those that were dropped got no answer.
 */
export const admissionOutcomes = [
  "at-once",
  "waited",
  "over-share",
  "busy",
  "gave-up",
  "dropped",
] as const;
export type AdmissionOutcome = (typeof admissionOutcomes)[number];

/** Why the policy in force has a request refused. */
export const policyRefusals = ["retired", "draining"] as const;
export type PolicyRefusal = (typeof policyRefusals)[number];

/** Every status that an origin answers with. */
export const statuses = [200, 206, 304, 400, 404, 405, 408, 412, 413, 416, 429, 431, 503] as const;
export type Status = (typeof statuses)[number];

/** Who asks: the bearer of a good ticket, or anybody else. */
export const clientKinds = ["ticketed", "newcomer"] as const;
export type ClientKind = (typeof clientKinds)[number];

/**
 * What is wrong with what was shown as a ticket: its form, a header that names no key of ours, the
 * signature, the claims, the route that it is for, its end.
 */
export const badTicketReasons = ["form", "key", "signature", "claims", "route", "expired"] as const;
export type BadTicketReason = (typeof badTicketReasons)[number];

/** What clients of one kind asked for in one class. */
export interface Traffic {
  /** Requests that came, whatever became of them. */
  readonly received: number;
  readonly admissions: Readonly<Record<AdmissionOutcome, number>>;
  readonly answers: Readonly<Record<Status, number>>;
  /** Bytes handed to the system, headers included. */
  readonly sentBytes: number;
  /** Requests that were served, by their latency, for each of `latencyBounds` and beyond. */
  readonly latency: readonly number[];
  readonly latencySeconds: number;
}

/**
 * What one worker counted since it started; plain data, so that workers can send it. Everything in
 * it is a number to be added to that of other workers, however deep it stands.
 */
export interface Counts {
  readonly traffic: Readonly<Record<RequestClass, Readonly<Record<ClientKind, Traffic>>>>;
  readonly tickets: {
    readonly first: number;
    readonly renewed: number;
    /** Places, given to who was refused. */
    readonly place: number;
    readonly good: number;
    /** Places of who has waited. */
    readonly waited: number;
    readonly bad: Readonly<Record<BadTicketReason, number>>;
  };
  readonly policyRefusals: Readonly<Record<PolicyRefusal, number>>;
  readonly drops: Readonly<Record<DropReason, number>>;
  /** Windows in which a rule of the shield turned away too many machines with good tickets. */
  readonly alarms: Readonly<Record<ShieldRule, number>>;
  readonly handshakes: Readonly<Record<HandshakeEnd, number>>;
  readonly accepted: number;
  /** How things stand now; a worker that ends takes it along. */
  readonly now: {
    /** Connections open. */
    readonly open: number;
    /** Of those, how many are listened to by turns. */
    readonly resting: number;
    /** Handshakes under way. */
    readonly handshaking: number;
    readonly admission: AdmissionState;
  };
}

/** The shield of one worker. */
export interface AdmissionState {
  /** Pieces of work that may be under way at once. */
  readonly limit: number;
  /** Requests, and rests of answers, that wait for their turn. */
  readonly waiting: number;
  /** Refusals that are held back. */
  readonly held: number;
}

export type Counters = Mutable<Counts>;
export type TrafficCounters = Mutable<Traffic>;
type Mutable<Value> = Value extends object
  ? { -readonly [name in keyof Value]: Mutable<Value[name]> }
  : Value;

export function zeroCounts(): Counters {
  return {
    traffic: fromEach(requestClasses, () => fromEach(clientKinds, zeroTraffic)),
    tickets: {
      first: 0,
      renewed: 0,
      place: 0,
      good: 0,
      waited: 0,
      bad: fromEach(badTicketReasons, () => 0),
    },
    policyRefusals: fromEach(policyRefusals, () => 0),
    drops: fromEach(dropReasons, () => 0),
    alarms: fromEach(shieldRules, () => 0),
    handshakes: fromEach(handshakeEnds, () => 0),
    accepted: 0,
    now: { open: 0, resting: 0, handshaking: 0, admission: { limit: 0, waiting: 0, held: 0 } },
  };
}

function zeroTraffic(): TrafficCounters {
  return {
    received: 0,
    admissions: fromEach(admissionOutcomes, () => 0),
    answers: fromEach(statuses, () => 0),
    sentBytes: 0,
    latency: Array<number>(latencyBounds.length + 1).fill(0),
    latencySeconds: 0,
  };
}

/** Adds each number of `b` to the one that stands in its place in `a`; both have the same shape. */
export function addCounts<Each extends object>(a: Each, b: Each): Each {
  return sumOf(a, b) as Each;
}

function sumOf(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return a.map((value, at) => sumOf(value, b[at]));
  invariant(isRecord(a) && isRecord(b), "counts are numbers, or hold counts");
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, sumOf(value, b[name])]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function fromEach<Key extends string | number, Value>(
  keys: readonly Key[],
  valueOf: () => Value,
): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, valueOf()])) as Record<Key, Value>;
}
