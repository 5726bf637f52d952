import { floodingMachines } from "./addresses.ts";
import { isPort } from "./is-port.ts";

/** The floods that we know. */
export const floodKinds = [
  "root",
  "patch",
  "ranges",
  "bogus",
  "stolen",
  "new",
  "slowloris",
  "drip",
] as const;
export type FloodKind = (typeof floodKinds)[number];

/** Kinds that hold connections open, instead of asking much. */
export const holdingKinds: ReadonlySet<FloodKind> = new Set(["slowloris", "drip"]);

/** What a flood's process is told: all of it is about ports of 127.0.0.1. */
export interface FloodJob {
  /** Each connection goes to one of them. */
  readonly ports: readonly number[];
  readonly kind: FloodKind;
  readonly connections: number;
  /** Requests. Nothing for kinds that hold connections. */
  readonly perSecond: number;
  readonly seconds: number;
  /** From so many addresses. */
  readonly sources: number;
  /** Begins with a slash; `large` takes long to read. */
  readonly paths: { readonly patch: string; readonly large: string };
  /** Headers that show a pass: bogus ones, and a good one. */
  readonly passes: { readonly bogus: readonly string[]; readonly stolen: string };
}

/** What came of a flood, since it began. */
export interface FloodTold {
  readonly seconds: number;
  readonly sent: number;
  /** Answers, by status; 0 where the connection broke or the wait was too long. */
  readonly answers: Readonly<Record<number, number>>;
  /** Connections that were made. */
  readonly connected: number;
}

/** What one flood may be at most: descriptors of a process, and a night's patience. */
export const floodBounds = { connections: 12_000, perSecond: 200_000, seconds: 150 } as const;

/** @throws when the job is no flood of this machine, or too much */
export function checkFloodJob(job: FloodJob): FloodJob {
  const { ports, connections, perSecond, seconds, sources, kind } = job;
  const arePorts = ports.length > 0 && ports.every(isPort);
  const isBounded =
    connections <= floodBounds.connections &&
    perSecond <= floodBounds.perSecond &&
    seconds <= floodBounds.seconds &&
    sources >= 1 &&
    sources <= floodingMachines;
  if (!arePorts || !isBounded || !floodKinds.includes(kind)) throw new Error("not such a flood");
  return job;
}
