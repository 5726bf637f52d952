import {
  CausewayError,
  Interrupted,
  isRegion,
  NoRouteDelivered,
  type Ports,
  type Severity,
  type Sha256,
  type Store,
  toPlatform,
  toProductId,
  toVersion,
  UsageError,
  type Version,
} from "@causeway/kernel";
import { download } from "./download/download.ts";
import type { DownloadEvent } from "./download/download-event.ts";
import type { DownloadRequest } from "./download/download-request.ts";
import { type OldFile, requireFewOldFiles } from "./download/old-file.ts";
import { type DownloadLimits, downloadLimits } from "./download-limits.ts";
import { type ClientLimits, clientLimits } from "./limits.ts";
import { type ClockReport, reportClock } from "./metadata/clock-report.ts";
import { type Found, findRelease, type Wish } from "./metadata/find.ts";
import type { JudgedTime } from "./metadata/judge-time.ts";
import { Learning } from "./metadata/learning.ts";
import type { Run } from "./metadata/metadata.ts";
import { type OnState, onNewestState } from "./metadata/newest.ts";
import { refreshState } from "./metadata/refresh.ts";
import { learnRoutes } from "./metadata/route-list.ts";
import { withoutJumps } from "./metadata/run-clock.ts";
import { TrustState } from "./metadata/trust-state.ts";
import { openRoutes, requireUse } from "./open-routes.ts";
import { orNothing } from "./or-nothing.ts";
import { Announcements } from "./routes/announced/announcements.ts";
import { type TellNews, takeDropped } from "./routes/announced/dropped.ts";
import { lookUpAnnouncements } from "./routes/announced/look-up.ts";
import type { FleetTicket } from "./routes/fleet-ticket.ts";
import { hostTimes } from "./routes/host-times.ts";
import type { RunRoutes } from "./routes/listed/run-routes.ts";
import { parseNeighbours, parseRoutes } from "./routes/parse-route.ts";
import { rankForBytes } from "./routes/ranking.ts";
import { RetryBudget } from "./routes/retry-budget.ts";
import type { RouteReport } from "./routes/route.ts";

export interface ClientOptions {
  /** The vendor's root.json; needed until the state has met it once. */
  readonly trust?: Uint8Array;
  /**
   * URLs of the repository, http, https or file; the most preferred first. The vendor's signed list
   * may name more; where it names one of these, that one stands in the list's place. They may be
   * missing once a list is known.
   */
  readonly routes: readonly string[];
  /**
   * URLs of machines on this one's own network, as `findNeighbours` of `@causeway/neighbour` finds
   * them: one more way to the bytes. They have no say in what the time is, or where routes may lead.
   */
  readonly neighbours?: readonly string[];
  /** Given by the vendor by hand; each is shown to the one of `routes` that is at its `url` alone. */
  readonly tickets?: readonly FleetTicket[];
  /** Where this machine stands, in the vendor's words, as `eu-west`: routes there go first. */
  readonly region?: string;
  readonly state: Store;
  readonly ports: Ports;
  /** Shared by all clients of a process, so that together they are polite; else its own. */
  readonly retries?: RetryBudget;
  /** Told of each announcement that was found, and not typed by anybody: taken, or refused. */
  readonly onAnnouncement?: TellNews;
  /** Keeps others off the state while a call runs; waits for those who hold it. */
  readonly hold?: (signal: AbortSignal) => Promise<{ release(): void }>;
}

export interface CheckRequest {
  /** `any`, or as `linux-x64`. */
  readonly platform: string;
  /** Absent: the newest that the platform can run. */
  readonly version?: string;
  readonly signal?: AbortSignal;
}

export interface GetRequest extends CheckRequest {
  /** Where the patch goes; without a name, under the file name that it was published with. */
  readonly output: { readonly store: Store; readonly name?: string };
  /** Open files that may hold parts of the patch; an older version, as a rule. */
  readonly have?: readonly OldFile[];
  readonly onProgress?: (event: ClientEvent) => void;
}

/** What `get` tells while it works: first what it found, then how the download goes. */
export type ClientEvent =
  | { readonly kind: "found"; readonly release: Checked }
  /** Of a client on files: an old file cannot be read, which only costs bytes. */
  | { readonly kind: "unreadable"; readonly file: string; readonly why: string }
  | DownloadEvent;

/** A patch that is out. */
export interface Checked {
  readonly product: string;
  readonly version: Version;
  readonly platform: string;
  readonly severity: Severity;
  readonly advisories: readonly string[];
  readonly releasedAt: string;
  readonly sha256: Sha256;
  readonly length: number;
  readonly routes: readonly RouteReport[];
  readonly clock: ClockReport;
  /** Of `check` only: the window that the vendor signed for `nextPoll`, if it signed one. */
  readonly pollSeconds?: number;
}

/** A patch that is here: whole, verified, and under its name. */
export interface Got {
  readonly product: string;
  readonly version: Version;
  readonly file: string;
  readonly sha256: Sha256;
  readonly length: number;
  /** Bytes of bodies over the network, metadata and waste included. */
  readonly downloaded: number;
  /** Bytes of the patch that were here already. */
  readonly reused: number;
  readonly routes: readonly RouteReport[];
  readonly clock: ClockReport;
  readonly seconds: number;
}

/** Every method may be called again after any failure; what was verified is kept. */
export interface Client {
  /**
   * Says which patch is the newest, or what is known of one version, without fetching it.
   * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
   */
  check(product: string, request: CheckRequest): Promise<Checked>;
  /** Gets the patch over whatever routes survive. Throws as `check`. */
  get(product: string, request: GetRequest): Promise<Got>;
}

/**
 * A client of one repository. Nothing is read or asked before its methods are called.
 * @throws {UsageError} `USAGE_ARGUMENT` on a wrong route, neighbour or region
 */
export function createClient(options: ClientOptions): Client {
  return createClientWithin({ client: clientLimits, download: downloadLimits }, options);
}

/** Every bound of a client. Not public: a number that is promised cannot be mended. */
export interface Bounds {
  readonly client: ClientLimits;
  readonly download: DownloadLimits;
}

/** As `createClient`, within other bounds: tests cannot wait for real deadlines. */
export function createClientWithin(bounds: Bounds, options: ClientOptions): Client {
  parseRoutes(options.routes);
  parseNeighbours(options.neighbours);
  requireRegion(options.region);
  const shared = { ...options, retries: options.retries ?? new RetryBudget() };
  return {
    async check(product, request) {
      const wish = toWish(product, request);
      return withRun(bounds, shared, request.signal, async (run) => {
        const time = await refreshState(run);
        const on = { ...run, now: time.now };
        const found = await find(on, wish);
        const window = (await learnRoutes(on))?.pollSeconds;
        return { ...describe(run, found, time), ...(window && { pollSeconds: window }) };
      });
    },
    async get(product, request) {
      const wish = toWish(product, request);
      requireFewOldFiles(request.have?.length ?? 0, bounds.download.oldFilesMax);
      const { clock } = options.ports;
      const start = clock.steady();
      return withRun(bounds, shared, request.signal, async (whole) => {
        const { found, name, reused, run, time } = await onNewestState(whole, async (on) => {
          return getNewest(on, wish, request, bounds.download);
        });
        const { release, sha256, target } = found;
        return {
          product: release.product,
          version: release.version,
          file: name,
          sha256,
          length: target.length,
          downloaded: run.routes.bytesReceived,
          reused,
          routes: run.routes.reports,
          clock: reportClock(time),
          seconds: Math.round(clock.steady() - start) / 1000,
        };
      });
    },
  };
}

/** What a run is opened with, beyond what applications say. */
export interface RunOptions extends ClientOptions {
  /** Nobody is asked whom the state alone knows, and nothing is looked up. */
  readonly givenAlone?: true;
}

/** Opens the state and the routes, does `act` with them, and keeps what was found of the routes. */
export async function withRun<Value>(
  bounds: Pick<Bounds, "client">,
  options: RunOptions & Pick<Run, "retries">,
  outer: AbortSignal | undefined,
  act: (run: Run) => Promise<Value>,
): Promise<Value> {
  const signal = outer ?? new AbortController().signal;
  const ports = { ...options.ports, clock: withoutJumps(options.ports.clock) };
  try {
    signal.throwIfAborted();
    const held = await options.hold?.(signal);
    try {
      const now = ports.clock.wall();
      const state = await TrustState.open(options.state, options.trust, now);
      const announcements = await Announcements.open(options.state, state, now);
      const tell = options.onAnnouncement ?? (() => undefined);
      await takeDropped(announcements, options.state, tell);
      const routes = await openRoutes(options, ports, state, announcements);
      const search = async (): Promise<boolean> => {
        if (options.givenAlone === true) return false;
        const hosts = hostTimes(routes.all);
        const isRetired = (base: URL): boolean => routes.isRetired(base);
        await lookUpAnnouncements(
          announcements,
          { bases: routes.bases, isRetired, hosts },
          ports,
          signal,
          tell,
        );
        return routes.announce(announcements.urls);
      };
      if (routes.areUseless) await search();
      requireUse(routes, options.neighbours !== undefined);
      const { retries } = options;
      const run = { ports, routes, state, limits: bounds.client, retries, now, signal };
      try {
        return await actOrSearch(() => act(run), search);
      } finally {
        await orNothing(state.restore()); // where it cannot be kept, the patch is still worth having
        await routes.save();
      }
    } finally {
      held?.release();
    }
  } catch (error) {
    if (signal.aborted && !(error instanceof CausewayError)) {
      throw new Interrupted(undefined, { cause: error });
    }
    throw error;
  }
}

/** Once more when no route delivers, and the search brings others. */
async function actOrSearch<Value>(
  act: () => Promise<Value>,
  search: () => Promise<boolean>,
): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof NoRouteDelivered) || !(await search())) throw error;
    return act();
  }
}

function requireRegion(region: string | undefined): void {
  const text = `${JSON.stringify(region?.slice(0, 64))} is no region; write it as "eu-west".`;
  if (region === undefined || isRegion(region)) return;
  throw new UsageError("USAGE_ARGUMENT", text);
}

function toWish(product: string, { platform, version }: CheckRequest): Wish {
  return {
    product: toProductId(product),
    platform: toPlatform(platform),
    ...(version !== undefined && { version: toVersion(version) }),
  };
}

/** What came of getting a patch, over the routes of which run and by which time. */
interface GotNewest {
  readonly found: Found;
  readonly name: string;
  readonly reused: number;
  readonly run: Run;
  readonly time: JudgedTime;
}

async function getNewest(
  on: OnState,
  wish: Wish,
  request: GetRequest,
  limits: DownloadLimits,
): Promise<GotNewest> {
  const { run, time, sure } = on;
  const found = await find(run, wish);
  request.onProgress?.({ kind: "found", release: describe(run, found, time) });
  const { path } = found.target;
  const name = request.output.name ?? path.slice(path.lastIndexOf("/") + 1);
  const output = { store: request.output.store, name };
  const learning = new Learning(run);
  try {
    const fetched = (): Promise<{ reused: number }> => {
      return fetchFound(on, found, { ...request, output }, limits);
    };
    const { reused } = await againWithNew(run.routes, fetched, () => learning.whole());
    await learning.settle();
    return { found, name, reused, run, time: await sure() };
  } finally {
    await learning.end();
  }
}

async function find(run: Run, wish: Wish): Promise<Found> {
  run.state.requireClaimedRoot();
  const search = (): Promise<Found> => findRelease(run, wish);
  return againWithNew(run.routes, search, () => learnRoutes(run));
}

/** What the routes do not have, those that `learn` brings may. */
async function againWithNew<Value>(
  routes: RunRoutes,
  act: () => Promise<Value>,
  learn: () => Promise<unknown>,
): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof NoRouteDelivered)) throw error;
    const before = new Set(routes.all);
    await learn();
    if (routes.all.every((route) => before.has(route))) throw error;
    return act();
  }
}

function describe(run: Run, { release, sha256, target }: Found, time: JudgedTime): Checked {
  const { product, version, platform, severity, advisories, releasedAt } = release;
  return {
    product,
    version,
    platform,
    severity,
    advisories,
    releasedAt,
    sha256,
    length: target.length,
    routes: run.routes.reports,
    clock: reportClock(time),
  };
}

async function fetchFound(
  { run, sure }: OnState,
  { target, release, sha256 }: Found,
  request: Omit<GetRequest, "output"> & Pick<DownloadRequest, "output">,
  limits: DownloadLimits,
): Promise<{ readonly reused: number }> {
  const { ports, routes, signal } = run;
  const { path, length, locations } = target;
  const wanted = {
    target: { path, length, sha256, locations },
    release,
    routes: rankForBytes(routes.all.filter(({ standing }) => !standing.retirement.aborted)),
    joined: () => routes.all,
    output: request.output,
    retries: run.retries,
    ...(request.have && { have: request.have }),
    ...(request.onProgress && { onProgress: request.onProgress }),
    sure,
    signal,
  };
  return download(ports, wanted, limits);
}
