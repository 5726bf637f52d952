import { durationMs } from "@causeway/kernel";

/** When probes propose a change of the list, and when they may make it themselves. */
export interface ProbePolicy {
  readonly drain: {
    readonly isAutomatic: boolean;
    /** A route that failed in so many … */
    readonly failures: number;
    /** … of its last rounds; */
    readonly rounds: number;
    /** or one that has been stale for so long. */
    readonly staleForMs: number;
  };
  readonly restore: {
    readonly isAutomatic: boolean;
    /** Good rounds in a row; twice as many for each drain of the last day but the first, up to eight times. */
    readonly rounds: number;
  };
  /** No drain leaves fewer active routes. */
  readonly minimumActive: number;
  /** Of those that are made without being asked. */
  readonly changesPerHour: number;
  /** How long a route is left as it is after a change. */
  readonly settleMs: number;
}

/** probes.yaml as its schema lets it be. Times are as `30m`. */
export interface ProbePolicyValue {
  readonly drain?: {
    readonly automatic?: boolean;
    readonly failures?: number;
    readonly rounds?: number;
    readonly staleFor?: string;
  };
  readonly restore?: { readonly automatic?: boolean; readonly rounds?: number };
  readonly minimumActive?: number;
  readonly changesPerHour?: number;
  readonly settle?: string;
}

const minuteMs = 60_000;

/** Nothing is changed that nobody has asked for. */
export const cautiousPolicy: ProbePolicy = {
  drain: { isAutomatic: false, failures: 3, rounds: 5, staleForMs: 30 * minuteMs },
  restore: { isAutomatic: false, rounds: 10 },
  minimumActive: 2,
  changesPerHour: 4,
  settleMs: 15 * minuteMs,
};

/** @param value is what the schema has checked */
export function policyFrom(value: ProbePolicyValue): ProbePolicy {
  const usual = cautiousPolicy;
  const { drain = {}, restore = {} } = value;
  const ms = (text: string | undefined, otherwise: number): number => {
    return (text === undefined ? undefined : durationMs(text)) ?? otherwise;
  };
  return {
    drain: {
      isAutomatic: drain.automatic ?? usual.drain.isAutomatic,
      failures: drain.failures ?? usual.drain.failures,
      rounds: drain.rounds ?? usual.drain.rounds,
      staleForMs: ms(drain.staleFor, usual.drain.staleForMs),
    },
    restore: {
      isAutomatic: restore.automatic ?? usual.restore.isAutomatic,
      rounds: restore.rounds ?? usual.restore.rounds,
    },
    minimumActive: value.minimumActive ?? usual.minimumActive,
    changesPerHour: value.changesPerHour ?? usual.changesPerHour,
    settleMs: ms(value.settle, usual.settleMs),
  };
}
