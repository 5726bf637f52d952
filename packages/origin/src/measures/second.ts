import {
  type AdmissionOutcome,
  type AdmissionState,
  admissionOutcomes,
  type ClientKind,
  type Counts,
  clientKinds,
  type DropReason,
  dropReasons,
  type PolicyRefusal,
  policyRefusals,
} from "../counters.ts";
import { type EdgeRefusal, type EdgeStats, edgeRefusals } from "../edge-watch/edge-stats.ts";
import { type RequestClass, requestClasses } from "../shield/request-class.ts";
import { type ShieldRule, shieldRules } from "../shield/rulebook.ts";

type ByClass<Value> = Readonly<Record<RequestClass, Value>>;
type ByClient<Value> = Readonly<Record<ClientKind, Value>>;

/** What an origin did in one second, all workers together; docs/metrics.md tells it to others. */
export interface Second {
  /** Counts up by one, from 1 when the origin starts. */
  readonly n: number;
  /** When it ended: seconds since the Unix epoch, by this machine's clock. */
  readonly at: number;
  /** How long it was, in milliseconds: a busy machine wakes up late. */
  readonly ms: number;
  /** Requests that came. */
  readonly requests: ByClass<ByClient<number>>;
  readonly sentBytes: ByClass<number>;
  /** Requests that were served, by their latency, for each of `latencyBounds` and beyond. */
  readonly latency: ByClient<readonly number[]>;
  /** What became of requests at the shield. */
  readonly admissions: ByClient<Readonly<Record<AdmissionOutcome, number>>>;
  readonly tickets: { readonly given: number; readonly good: number; readonly bad: number };
  readonly connections: {
    /** At its end. */
    readonly open: number;
    readonly accepted: number;
    readonly dropped: Readonly<Record<DropReason, number>>;
  };
  /** Requests that the policy in force had refused. */
  readonly refusedByPolicy: Readonly<Record<PolicyRefusal, number>>;
  /** Windows that ended in which a rule turned away too many machines with good tickets. */
  readonly alarms: Readonly<Record<ShieldRule, number>>;
  /** The shield at its end. */
  readonly shield: AdmissionState;
  /** The HAProxy in front that the origin started; absent where there is none. */
  readonly edge?: EdgeSecond;
  /** About how many distinct addresses asked (/32, /64). */
  readonly sources: number;
}

/** What an HAProxy in front did, all before what the workers are asked for. */
export interface EdgeSecond {
  /** Requests that came to it. */
  readonly requests: number;
  /** Of these, those that it refused or dropped by itself. */
  readonly refused: Readonly<Record<EdgeRefusal, number>>;
  readonly sentBytes: number;
  /** Requests that waited there for their turn at the second's end. */
  readonly waiting: number;
  /** Connections of clients; those that a worker counts are the edge's. */
  readonly connections: {
    readonly open: number;
    readonly accepted: number;
    readonly dropped: number;
  };
}

/** When and how long a second was, and who asked in it. */
type SecondHead = Pick<Second, "n" | "at" | "ms" | "sources">;

/** What was counted from `before` until `after`. */
export function secondBetween(head: SecondHead, before: Counts, after: Counts): Second {
  const more = (count: (counts: Counts) => number): number => count(after) - count(before);
  const { n, at, ms, sources } = head;
  return {
    n,
    at,
    ms,
    requests: ofEach(requestClasses, (name) => {
      return ofEach(clientKinds, (client) => {
        return more(({ traffic }) => traffic[name][client].received);
      });
    }),
    sentBytes: ofEach(requestClasses, (name) => {
      return more(({ traffic }) => sum(clientKinds.map((each) => traffic[name][each].sentBytes)));
    }),
    latency: ofEach(clientKinds, (client) => {
      return after.traffic.other[client].latency.map((_, bucket) => {
        return more(({ traffic }) => {
          return sum(requestClasses.map((name) => traffic[name][client].latency[bucket] ?? 0));
        });
      });
    }),
    admissions: ofEach(clientKinds, (client) => {
      return ofEach(admissionOutcomes, (outcome) => {
        return more(({ traffic }) => {
          return sum(requestClasses.map((name) => traffic[name][client].admissions[outcome]));
        });
      });
    }),
    tickets: {
      given: more(({ tickets }) => tickets.first + tickets.renewed),
      good: more(({ tickets }) => tickets.good),
      bad: more(({ tickets }) => sum(Object.values(tickets.bad))),
    },
    connections: {
      open: after.now.open,
      accepted: more(({ accepted }) => accepted),
      dropped: ofEach(dropReasons, (reason) => more(({ drops }) => drops[reason])),
    },
    refusedByPolicy: ofEach(policyRefusals, (rule) => {
      return more((counts) => counts.policyRefusals[rule]);
    }),
    alarms: ofEach(shieldRules, (rule) => more(({ alarms }) => alarms[rule])),
    shield: after.now.admission,
    sources,
  };
}

/** What an HAProxy did from `before` until `after`. */
export function edgeBetween(before: EdgeStats, after: EdgeStats): EdgeSecond {
  return {
    requests: after.requests - before.requests,
    refused: ofEach(edgeRefusals, (reason) => after.refused[reason] - before.refused[reason]),
    sentBytes: after.sentBytes - before.sentBytes,
    waiting: after.now.waiting,
    connections: {
      open: after.now.open,
      accepted: after.accepted - before.accepted,
      dropped: after.dropped - before.dropped,
    },
  };
}

function ofEach<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<Key, Value>;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
