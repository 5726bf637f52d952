import type { BackoffLimits } from "./routes/backoff.ts";
import type { DeadlineLimits } from "./routes/deadline.ts";

/** Bounds of one request over one route. */
export interface ExchangeLimits {
  /** Each step to an answer: finding the name, connecting, agreeing on TLS, the headers. */
  readonly answer: DeadlineLimits;
  /** The longest silence within a body. */
  readonly silence: DeadlineLimits;
  /** A body is judged by its mean rate over each such span of waiting. */
  readonly rateWindowMs: number;
  readonly bytesPerSecondMin: number;
  readonly redirectsMax: number;
  readonly retryAfterMsMax: number;
}

/** Bounds of the metadata's way over the routes. */
export interface MetadataLimits {
  /** How long a route is alone before the next one is started beside it. */
  readonly hedgeMs: number;
  /** How long the other routes may take to show that they know something newer. */
  readonly secondOpinionMs: number;
  readonly routesInFlightMax: number;
  /** A request that takes longer does not keep another route waiting for its place. */
  readonly placeMs: number;
  /** Without an answer for so long, routes that are left asleep are asked as well, … */
  readonly wakeMs: number;
  /** … so many at once, and as many more when those bring nothing either. */
  readonly wakeMax: number;
  /** How long a race waits, all in all, while no route may be asked: they rest, or have failed. */
  readonly restMsMax: number;
  /** Failures of a route in a row, without a verified document between them, in one race. */
  readonly failuresMax: number;
  /** What those failures may take until then, their deadlines and not the waits between them. */
  readonly failingMsMax: number;
  readonly backoffMs: BackoffLimits;
  /** Documents of one whole refresh or search, over one route. */
  readonly stepsMax: number;
  /** How long a route that has shown to know something newer may take for each document of it, … */
  readonly newerMs: number;
  /** … and for all of it. */
  readonly newerMsMax: number;
  /** How long one that is overloaded may be waited for although another one has delivered. */
  readonly busyMs: number;
}

export interface ClientLimits {
  readonly exchange: ExchangeLimits;
  readonly metadata: MetadataLimits;
  readonly catalogueLengthMax: number;
  /** A target that is read into memory as a whole. */
  readonly smallTargetLengthMax: number;
}

/** More, and a list of routes is a way to make clients flood others. */
export const routesMax = 64;

/** More of one network's are no faster. */
export const neighboursMax = 8;

export const clientLimits: ClientLimits = {
  exchange: {
    answer: {
      firstMs: 5_000, // a satellite link (2 s) whose first SYN is lost needs about 4 s
      minMs: 3_500, // two lost SYNs cost 3 s, however near the route is
      maxMs: 20_000, // who is farther than this cannot be told from the dead
    },
    silence: {
      firstMs: 4_000, // a TCP retransmission after two losses comes within 3 s
      minMs: 2_500,
      maxMs: 20_000, // two TLS records over half a 28.8k modem
    },
    rateWindowMs: 5_000, // long enough for one stall and its recovery
    bytesPerSecondMin: 512, // a tenth of a 56k modem: whoever drips less is no use
    redirectsMax: 3,
    retryAfterMsMax: 24 * 3_600_000, // who asks for more wants to be rid of us
  },
  metadata: {
    hedgeMs: 300, // over a typical round trip, so a healthy route is seldom doubled
    secondOpinionMs: 800, // six round trips of 130 ms; more would be felt
    routesInFlightMax: 8, // of small requests; more, and the client becomes part of the flood
    placeMs: 100, // a healthy route is through; else eight that drip would shut out the ninth
    wakeMs: 2_000, // a refresh over a far route takes less
    wakeMax: 8, // the last of 64 has its turn soon enough, and a flood of one is none of all
    restMsMax: 30_000, // who runs `get` by hand waits no longer
    failuresMax: 5, // about three seconds of trying; who is offline waits no longer to hear of it
    failingMsMax: 10_000, // a server that loses a whole request to its full queue is asked once more
    backoffMs: { base: 200, max: 10_000 },
    stepsMax: 1_024, // 256 new roots and a deep search stay far below
    newerMs: 10_000, // a snapshot of 256 bins over a modem
    newerMsMax: 30_000, // several new roots over a line that a download fills; a tarpit costs no more
    busyMs: 3_000, // a short rest, or a few waits after failures; who refuses all costs no more
  },
  catalogueLengthMax: 32 * 1024 * 1024, // 100,000 releases of one product
  smallTargetLengthMax: 64 * 1024 * 1024, // a chunk index of a 100 GiB target
};
