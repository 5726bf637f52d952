import type { Dice } from "./dice.ts";
import { type DirectoryDraw, drawDirectory } from "./directory/draw.ts";
import type { LineTraits, Outage } from "./network/line.ts";
import type { Behaviour } from "./routes/behaviour.ts";
import { type ProductLine, productLines } from "./vendor/patch-files.ts";
import { leapUnit, type Publication } from "./vendor/vendor.ts";

/** One route of a drill. */
export interface RouteDraw {
  readonly name: string;
  readonly traits: LineTraits;
  /** How long after the vendor it publishes the same. */
  readonly lagMs: number;
  /** Drawn when absent. */
  readonly behaviour?: Behaviour;
}

/** An instant at which the machine is cut off. */
export interface CrashDraw {
  readonly kind: "kill" | "power cut";
  /** Since the run of this number began, … */
  readonly run: number;
  /** … when it has begun so many operations on the disk, or after so many milliseconds. */
  readonly at: { readonly operation: number } | { readonly ms: number };
}

/** All that is drawn of one drill, but for what befalls it on the way. */
export interface Swarm {
  readonly routes: readonly RouteDraw[];
  /** Those that the customer was given by hand; absent: all of them. */
  readonly given?: readonly number[];
  /** Absent: there is no list of routes, and nobody announces any. */
  readonly directory?: DirectoryDraw;
  /** The route that is honest in the end. */
  readonly honest: number;
  /** True when it is so from the beginning: then no run may fail for want of a route. */
  readonly steadfast: boolean;
  /** True when somebody owns the network, and all routes replay what was once out. */
  readonly captured: boolean;
  readonly homeBytesPerSecond: number;
  readonly line: ProductLine;
  readonly publications: readonly { readonly at: number; readonly what: Publication }[];
  readonly lifetimeMs: number;
  readonly rootKeys: { readonly count: number; readonly threshold: number };
  readonly crashes: readonly CrashDraw[];
  readonly diskFull: readonly Outage[];
  readonly disk: {
    readonly accessMs: number;
    readonly syncMs: number;
    readonly tellsRoom: boolean;
    readonly strict: boolean;
  };
  readonly clock: {
    /** Off by decades, at first or later: then at most one route lies about the time. */
    readonly wild: boolean;
    readonly offsetMs: number;
    readonly driftPpm: number;
    readonly jumps: readonly { readonly at: number; readonly ms: number }[];
  };
  readonly pollMs: number;
  readonly retryMs: number;
  readonly rebootMs: number;
  /** How long anything may fail. */
  readonly safetyMs: number;
}

const hour = 3_600_000;
const day = 24 * hour;
/** How far a wild clock is off: not by as much as a liar, who must not agree with it by chance. */
const wildDays: readonly number[] = [-9131, -2999, 0, 4747, 10957];

/** Draws a whole drill; in every third one routes are also listed, sealed and announced. */
export function drawSwarm(dice: Dice): Swarm {
  const plain = drawPlainSwarm(dice);
  const directory = dice.fork("directory");
  return directory.chance(1, 3) ? drawDirectory(directory, plain) : plain;
}

/** Draws one in which the customer knows all routes by hand. */
export function drawPlainSwarm(dice: Dice): Swarm {
  const safetyMs = dice.spread(20_000, 3 * day);
  const routes = drawRoutes(dice.fork("routes"), safetyMs);
  const threshold = dice.between(1, 3);
  const honest = dice.below(routes.length);
  const steadfast = dice.chance(1, 2);
  return {
    routes,
    honest,
    steadfast,
    captured: !steadfast && dice.fork("capture").chance(1, 8),
    homeBytesPerSecond: dice.spread(40_000, 10_000_000),
    line: dice.pick(productLines),
    publications: [
      ...drawPublications(dice.fork("publications"), safetyMs),
      ...drawTimer(dice.fork("timer"), safetyMs),
    ].toSorted((a, b) => a.at - b.at),
    lifetimeMs: dice.spread(2 * hour, 7 * day),
    rootKeys: { count: threshold + dice.between(0, 2), threshold },
    crashes: dice.chance(2, 3) ? drawCrashes(dice.fork("crashes")) : [],
    diskFull: dice.chance(1, 5) ? [drawSpan(dice, safetyMs)] : [],
    disk: {
      accessMs: dice.pick([0.05, 0.2, 2]),
      syncMs: dice.pick([1, 10, 80]),
      tellsRoom: dice.chance(2, 3),
      strict: dice.chance(1, 4),
    },
    clock: drawClock(dice.fork("clock"), safetyMs),
    // A few looks in a drill, however long it is.
    pollMs: Math.max(20_000, dice.spread(Math.ceil(safetyMs / 8), safetyMs)),
    retryMs: dice.spread(2_000, 60_000),
    rebootMs: dice.spread(1_000, 120_000),
    safetyMs,
  };
}

function drawRoutes(dice: Dice, safetyMs: number): RouteDraw[] {
  const cuts = dice.fork("cuts");
  return Array.from({ length: dice.between(1, 6) }, (_, index) => ({
    name: `r${index}`,
    traits: {
      latencyMs: dice.spread(2, 400),
      bytesPerSecond: dice.spread(10_000, 10_000_000),
      lossPerMille: dice.pick([0, 0, 0, 2, 30]),
      resetPerMille: dice.pick([0, 0, 0, 1, 20]),
      outages: dice.chance(1, 3) ? [drawSpan(dice, safetyMs)] : [],
      ...(cuts.chance(1, 6) && { cutAfter: cuts.spread(5_000, 100_000) }),
    },
    lagMs: dice.pick([0, 0, dice.spread(1_000, hour)]),
  }));
}

function drawPublications(dice: Dice, safetyMs: number): Swarm["publications"] {
  const kinds: readonly (() => Publication)[] = [
    () => ({ patch: true }),
    () => ({ patch: true }),
    () => ({}),
    () => ({}),
    () => ({}),
    () => ({ rotate: ["root"] }),
    () => ({ rotate: [dice.pick(["timestamp", "snapshot", "targets", "patches"] as const)] }),
    () => ({ rotate: ["root", "timestamp", "snapshot"], patch: true }),
    () => ({ leap: leapUnit }),
  ];
  const publications = Array.from({ length: dice.below(8) }, () => ({
    at: dice.below(safetyMs),
    what: dice.pick(kinds)(),
  })).toSorted((a, b) => a.at - b.at);
  // What a thief signed is taken back by new keys, or no newer version would ever count.
  const thief = publications.find(({ what }) => what.leap !== undefined);
  if (thief !== undefined) {
    const at = Math.max(thief.at, dice.below(safetyMs));
    publications.push({ at, what: { rotate: ["timestamp", "snapshot"] } });
  }
  return publications;
}

/** A timer that renews timestamps, as some vendors have: between them nothing else changes. */
function drawTimer(dice: Dice, safetyMs: number): Swarm["publications"] {
  if (!dice.chance(1, 3)) return [];
  const count = dice.between(2, 12);
  return Array.from({ length: count }, (_, index) => {
    return { at: Math.floor((safetyMs * (index + 1)) / (count + 1)), what: {} };
  });
}

function drawCrashes(dice: Dice): CrashDraw[] {
  return Array.from({ length: dice.between(1, 6) }, () => ({
    kind: dice.pick(["kill", "power cut"] as const),
    run: dice.between(1, 5),
    at: dice.chance(1, 2) ? { operation: dice.spread(1, 300) } : { ms: dice.spread(1, 60_000) },
  }));
}

function drawClock(dice: Dice, safetyMs: number): Swarm["clock"] {
  const wild = dice.fork("wild");
  if (wild.chance(1, 6)) return drawWildClock(wild, safetyMs);
  const minutes = 60_000;
  return {
    wild: false,
    offsetMs: dice.pick([0, 0, -5 * minutes, 5 * minutes, 20 * 1000]),
    driftPpm: dice.pick([0, 0, -200, 200]),
    jumps: dice.chance(1, 4)
      ? [{ at: dice.below(safetyMs), ms: dice.between(-2 * minutes, 2 * minutes) }]
      : [],
  };
}

/** As a machine has whose battery is empty, or that somebody sets, or both in turn. */
function drawWildClock(dice: Dice, safetyMs: number): Swarm["clock"] {
  const times = Array.from({ length: dice.below(3) }, () => dice.below(safetyMs));
  const offsets = [0, ...times].map(() => dice.pick(wildDays) * day);
  const jumps = times
    .toSorted((a, b) => a - b)
    .map((at, index) => ({ at, ms: (offsets[index + 1] ?? 0) - (offsets[index] ?? 0) }));
  return { wild: true, offsetMs: offsets[0] ?? 0, driftPpm: 0, jumps };
}

/** A span that begins at any time, and is short or long. */
function drawSpan(dice: Dice, within: number): Outage {
  const from = dice.below(within);
  return { from, to: from + dice.spread(500, hour) };
}
