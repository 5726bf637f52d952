import { isPort } from "./is-port.ts";

/** Who comes for good reasons. */
export const visitors = [
  "ticketed",
  /** Has a ticket, and an address from which a machine floods. */
  "ticketed, flooding address",
  "newcomer",
  /** Has no ticket, and an address from which a machine floods. */
  "newcomer, flooding address",
  "browser",
] as const;
export type Visitor = (typeof visitors)[number];

/**
 * `warm`: V8 compiles what all of them run. `onset`: the flood grows. `after`: others come on while
 * somebody of before is still to come back. None of these counts.
 */
export type Phase = "warm" | "calm" | "onset" | "flood" | "after";

/** What the process of the visitors is told: all of it is about a port of 127.0.0.1. */
export interface VisitJob {
  readonly port: number;
  /** How many of each come a second, evenly, whatever becomes of the ones before. */
  readonly perSecond: Readonly<Record<Visitor, number>>;
  /** Good passes of as many machines. */
  readonly passes: readonly VisitPass[];
  /** Begins with a slash. */
  readonly patch: { readonly path: string; readonly length: number };
  /** How often a newcomer that was refused comes back. */
  readonly retriesMax: number;
  readonly seconds: number;
  /** How many addresses flood, for those who share one. */
  readonly sources: number;
}

/** What a machine has to show, and where. */
export interface VisitPass {
  /** As `Name: value`. */
  readonly header: string;
  /** The private entrances that it opens, of 127.0.0.1: they are tried before the port. */
  readonly ports: readonly number[];
}

/** What became of one visitor. */
export interface Visit {
  readonly visitor: Visitor;
  /** When it came. */
  readonly phase: Phase;
  /** Of the try that brought what it came for; undefined when none did. */
  readonly ms: number | undefined;
  /** From 1. */
  readonly tries: number;
}

/** A visitor that has not got it by then has gone; but one that comes back waits to be told when. */
export const patienceMs = 2_000;
export const refusalPatienceMs = 20_000; // as our client, at the most
const bounds = { perSecond: 1_000, seconds: 150, retries: 3 } as const;

/** @throws when the job is none for this machine, or too much */
export function checkVisitJob(job: VisitJob): VisitJob {
  const { port, passes, perSecond, seconds, retriesMax } = job;
  const arePorts = [port, ...passes.flatMap(({ ports }) => ports)].every(isPort);
  const all = Object.values(perSecond).reduce((sum, rate) => sum + rate, 0);
  const isBounded =
    all <= bounds.perSecond && seconds <= bounds.seconds && retriesMax <= bounds.retries;
  if (!arePorts || !isBounded) throw new Error("not such visits");
  return job;
}
