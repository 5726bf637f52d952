import { clientLimits, type ExchangeLimits } from "./limits.ts";
import type { BackoffLimits } from "./routes/backoff.ts";
import type { RaceLimits } from "./routes/race.ts";

/** Bounds of what is fetched beside a target, to fetch that by. */
export interface ArtifactLimits {
  readonly exchange: ExchangeLimits;
  readonly race: RaceLimits;
  /** How long it may take over all routes; absent: until none of them brings it. */
  readonly msMax?: number;
}

/** Bounds of one download. Tests and simulations pass their own. */
export interface DownloadLimits {
  readonly exchange: ExchangeLimits;
  /** Of the chunk index, without which nothing comes. */
  readonly index: ArtifactLimits;
  /** Of what only saves bytes: the list of deltas, and the chunk index of one. */
  readonly delta: ArtifactLimits;
  /** How often a delta's pace is looked at, and the rest that it may take whatever others could. */
  readonly deltaPatience: { readonly lookMs: number; readonly restMsMax: number };
  /** A route's first run, before its rate is known. */
  readonly firstRunLength: number;
  /** How long one run should keep its route busy. */
  readonly runMs: number;
  readonly runLengthMax: number;
  /** Requests in flight over one route that has delivered; before that it gets one. */
  readonly lanesPerRoute: number;
  /** Routes that deliver at the same time. */
  readonly routesAtOnce: number;
  /** A route that is silent for longer does not keep the next one waiting. */
  readonly placeMs: number;
  /** When all places are taken, how often one more route may show that it is quicker. */
  readonly tryMs: number;
  /** Silence after which a piece is asked for elsewhere, as bounds of four round trips. */
  readonly silenceMs: { readonly min: number; readonly max: number };
  /** A race or a split must be expected to save at least this. */
  readonly savingMsMin: number;
  /** Failures of one route in a row, without a verified chunk between them. */
  readonly failuresMax: number;
  /** Failures after which a route is asked again only when no other delivers. */
  readonly failuresInCompany: number;
  readonly backoffMs: BackoffLimits;
  /**
   * How long others deliver alone before one that was of no use is asked for a chunk again, the
   * first time and at the most; as long a file that a route said it lacks is not asked for.
   */
  readonly probeMs: { readonly base: number; readonly max: number };
  /** The longest wait for a route to come back when there is no other. */
  readonly patienceMs: number;
  readonly indexLengthMax: number;
  /** That a caller may name; what stands at the output's place comes on top. */
  readonly oldFilesMax: number;
  readonly oldFileLengthMax: number;
  /** Times that chunks which rotted on the disk are fetched anew before giving up. */
  readonly repairsMax: number;
  /** Bytes that may be written and not yet on the disk; a quarter has it asked to take them in, … */
  readonly unsyncedMax: number;
  /** … and so does so long a time since it has done so. */
  readonly unsyncedMs: number;
  /** The least time between two reports of progress. */
  readonly progressMs: number;
}

const MiB = 1024 * 1024;
const { exchange, metadata } = clientLimits;

export const downloadLimits: DownloadLimits = {
  exchange,
  index: { exchange, race: metadata },
  delta: {
    exchange: {
      ...exchange,
      // One lost packet costs a second. Who is farther away than this comes by without a delta.
      answer: { firstMs: 2_500, minMs: 1_500, maxMs: 6_000 },
      silence: { ...exchange.silence, firstMs: 2_500, minMs: 1_500 },
    },
    // An overloaded server is asked again, for a delta spares it most of its work; a silent one not.
    race: { ...metadata, failuresMax: 3, failingMsMax: 1_000 },
    msMax: 60_000, // 200 KiB over a modem; who drips it holds nobody up for longer
  },
  deltaPatience: { lookMs: 5_000, restMsMax: 30_000 },
  firstRunLength: 256 * 1024, // about four chunks: enough to measure, cheap to lose
  runMs: 1_500, // long against a round trip, short against a user's patience
  runLengthMax: 8 * MiB, // what the death of one request may cost
  lanesPerRoute: 2, // the second request hides the round trip of the first
  routesAtOnce: 8, // more add no speed, and the client becomes part of the flood
  placeMs: 1_000,
  tryMs: 200, // so that the last of 64 routes has its turn within seconds, whatever others do
  silenceMs: { min: 250, max: 2_000 },
  savingMsMin: 100, // less is not worth a connection
  failuresMax: 6, // about ten seconds of trying
  failuresInCompany: 3,
  backoffMs: { base: 300, max: 10_000 },
  probeMs: { base: 5_000, max: 60_000 }, // those that drip may do so for hours
  patienceMs: 30_000, // who runs `get` by hand waits no longer
  indexLengthMax: 64 * MiB, // the index of a 100 GiB target
  oldFilesMax: 16,
  oldFileLengthMax: 64 * 1024 * MiB, // a mistaken `--have /dev/sda` ends
  repairsMax: 2, // a disk that loses what it is given twice will lose it again
  unsyncedMax: 32 * MiB, // what a power cut may cost when the disk is slow; else a quarter
  unsyncedMs: 1_000, // over a modem 8 MiB are half an hour
  progressMs: 100,
};
