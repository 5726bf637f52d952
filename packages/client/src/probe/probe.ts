import {
  type CausewayError,
  type Instant,
  type Place,
  type Ports,
  RouteError,
  type RouteList,
} from "@causeway/kernel";
import { storedRootName, TrustedSet } from "@causeway/trust";
import { type ClientLimits, clientLimits } from "../limits.ts";
import { Attempt } from "../metadata/attempt.ts";
import { fetchWanted } from "../metadata/metadata.ts";
import { seconds } from "../routes/body.ts";
import { Cancel, within } from "../routes/cancel.ts";
import { fetchDocument, verified } from "../routes/document.ts";
import { isRetired, nothingRetired, retiredAfter } from "../routes/listed/retired.ts";
import { Standing } from "../routes/listed/standing.ts";
import { Route } from "../routes/route.ts";
import { isRouteFault, type RouteHealth, stateAfter } from "../routes/route-fault.ts";
import { FirstAnswer, type Timings } from "./first-answer.ts";
import { checkPiece, drawPiece, drawSample, type Sample, type SampleSource } from "./sample.ts";

export type { ClientLimits as ProbeLimits } from "../limits.ts";
export type { Timings } from "./first-answer.ts";
export { type KnownForProbes, readKnown } from "./known.ts";
export type { Sample } from "./sample.ts";

/** The roots that are trusted before a route is asked. */
export interface ProbeTrust {
  readonly first: TrustedSet;
  readonly newest: TrustedSet;
}

/**
 * @param roots one or more, each the next one's predecessor
 * @throws {TrustError} the first one is no root
 */
export function trustIn(roots: readonly [Uint8Array, ...Uint8Array[]]): ProbeTrust {
  const first = TrustedSet.open(roots[0], new Map(), 0);
  const { version } = first.root;
  const later = roots
    .slice(1)
    .map((bytes, at) => [storedRootName(version + 1 + at), bytes] as const);
  return { first, newest: TrustedSet.open(roots[0], new Map(later), 0) };
}

/** Tells of a route's URL whether such a list has clients never ask it. */
export function retiredIn(list: RouteList): (base: URL) => boolean {
  const retired = retiredAfter(nothingRetired, list, []);
  return (base) => isRetired(retired, base);
}

/** A failure, and what a client makes of a route that fails so. */
export interface ProbeFault {
  readonly error: CausewayError;
  readonly health: Exclude<RouteHealth, "ok">;
}

/** How far a route's own state led. */
export interface Walked {
  /** Of root, timestamp, snapshot and targets, as far as they were verified. */
  readonly versions: ReadonlyMap<string, number>;
  /** When the first of the four expires; undefined unless all are here. */
  readonly expires: Instant | undefined;
  /** Roots that were not known before. */
  readonly roots: readonly Uint8Array[];
  /** Undefined when the route has a whole valid state. */
  readonly fault: ProbeFault | undefined;
}

/** What came of asking for some bytes of a patch. */
export interface Taken {
  /** Of the answer's body. */
  readonly bytes: number;
  /** From the request to the last byte; undefined when they did not all come. */
  readonly bytesPerSecond: number | undefined;
  readonly fault: ProbeFault | undefined;
}

export interface ProbeOptions {
  /** The route's, as the signed list writes it. */
  readonly url: string;
  /** The nearest place that it may lead to; absent: any. */
  readonly reach?: Place;
  /** Whether a redirect to a route at such a URL leads to a retired one. */
  readonly isGone?: (base: URL) => boolean;
  readonly ports: Ports;
  readonly limits?: ClientLimits;
}

/** How long one look may take in all, and what may end it. */
export interface Patience {
  readonly ms: number;
  readonly signal: AbortSignal;
}

/**
 * Looks at one route as a client does, over the client's own requests, deadlines, bounds and checks;
 * but keeps nothing, and believes nothing of another route. What it finds wrong is a value. Its
 * methods throw only the signal's reason, and what is the host's fault.
 */
export class Probe {
  readonly #route: Route;
  readonly #ports: Ports;
  readonly #limits: ClientLimits;
  readonly #answer: FirstAnswer;
  #set: TrustedSet | undefined;

  constructor({ url, reach, isGone, ports, limits = clientLimits }: ProbeOptions) {
    this.#answer = new FirstAnswer(ports.transport, ports.clock);
    this.#ports = { ...ports, transport: this.#answer.transport };
    this.#limits = limits;
    this.#route = new Route(new URL(url), new Standing(reach));
    if (isGone !== undefined) this.#route.standing.isRetired = isGone;
  }

  /** Lets routes redirect to each other, as a client does that knows them all. */
  static meet(probes: readonly Probe[]): void {
    const routes = probes.map((probe) => probe.#route);
    for (const route of routes) route.meet(routes);
  }

  /** The route's, without credentials. */
  get url(): string {
    return this.#route.id;
  }

  get timings(): Timings {
    return this.#answer.timings;
  }

  get certificateUntil(): Instant | undefined {
    return this.#answer.certificateUntil;
  }

  /**
   * Walks the client workflow to the newest state that the route has.
   * @param now judges expiry
   */
  async walk(trust: ProbeTrust, now: Instant, patience: Patience): Promise<Walked> {
    let attempt = this.#attempt(trust.newest);
    let fault = await this.#faultIn(patience, (signal) => attempt.follow(signal));
    if (fault?.error.code === "TRUST_THRESHOLD" && trust.first !== trust.newest) {
      // It may stand before a change of keys: that is old, and no lie.
      attempt = this.#attempt(trust.first);
      fault = await this.#faultIn(patience, (signal) => attempt.follow(signal));
    }
    const { set } = attempt;
    this.#set = fault === undefined ? set : undefined;
    fault ??= await this.#faultIn(patience, async () => set.requireCurrent(now));
    const written = attempt.accepted.flatMap(({ write }) => write);
    return {
      versions: set.versions(),
      expires: set.expires,
      roots: written.filter(({ name }) => isRoot(name)).map(({ bytes }) => bytes),
      fault,
    };
  }

  /**
   * A patch of the state that `walk` has led to, drawn by lot; undefined when it has none.
   * @param lengthOf bytes of a role's file; undefined for one whose patches are not to be drawn
   */
  async drawSample(
    lengthOf: SampleSource["lengthOf"],
    patience: Patience,
  ): Promise<Sample | ProbeFault | undefined> {
    const set = this.#set;
    if (set === undefined) return undefined;
    const { random } = this.#ports;
    let sample: Sample | undefined;
    const fault = await this.#faultIn(patience, async (signal) => {
      const metadata: SampleSource["metadata"] = (want) => {
        return fetchWanted(this.#run, this.#route, want, signal);
      };
      const file: SampleSource["file"] = (path, lengthMax) => {
        return this.#document({ path, lengthMax, signal });
      };
      sample = await drawSample(set, { metadata, lengthOf, file }, random);
    });
    return fault ?? sample;
  }

  /** Takes some bytes of a patch that nobody can foresee, and checks each chunk of them. */
  async take(sample: Sample, bytesMax: number, patience: Patience): Promise<Taken> {
    const { clock, random } = this.#ports;
    const before = this.#route.bytesReceived;
    const start = clock.steady();
    let ms: number | undefined;
    const fault = await this.#faultIn(patience, async (signal) => {
      const piece = drawPiece(sample, random, bytesMax);
      if (piece === undefined) return;
      const { path, length: lengthMax } = piece.source;
      const document = await this.#document({ path, range: piece.range, lengthMax, signal });
      ms = Math.max(1, clock.steady() - start);
      verified(document, (bytes) => checkPiece(piece, bytes, this.#route.id + path));
    });
    const bytes = this.#route.bytesReceived - before;
    return { bytes, bytesPerSecond: ms && Math.round((bytes * 1000) / ms), fault };
  }

  get #run(): Pick<ConstructorParameters<typeof Attempt>[0], "ports" | "limits"> {
    return { ports: this.#ports, limits: this.#limits };
  }

  #attempt(set: TrustedSet): Attempt {
    return new Attempt({ ...this.#run, state: { set } }, this.#route, 0);
  }

  #document(request: Parameters<typeof fetchDocument>[2]): ReturnType<typeof fetchDocument> {
    const limits = this.#limits.exchange;
    return fetchDocument(this.#ports, this.#route, { ...request, limits });
  }

  async #faultIn(
    { ms, signal }: Patience,
    act: (signal: AbortSignal) => Promise<void>,
  ): Promise<ProbeFault | undefined> {
    signal.throwIfAborted();
    const cancel = new Cancel(signal);
    const late = (): RouteError => {
      const text = `was not done after ${seconds(ms)} s`;
      const error = new RouteError("ROUTE_STALLED", this.#route.id, text);
      cancel.cancel(error);
      return error;
    };
    try {
      await within(this.#ports.clock, ms, act(cancel.signal), late);
      return undefined;
    } catch (error) {
      if (!isRouteFault(error)) throw error;
      return { error, health: stateAfter(error) };
    } finally {
      cancel.release();
    }
  }
}

function isRoot(name: string): boolean {
  return /(?:^|\/)\d+\.root\.json$/.test(name);
}
