import {
  type Instant,
  NoRouteDelivered,
  type Ports,
  RouteError,
  type TargetPath,
  toUtcSecond,
} from "@causeway/kernel";
import {
  type Accepted,
  Lookup,
  Refresh,
  type TargetFile,
  type TrustedSet,
  verifyTarget,
  type Want,
} from "@causeway/trust";
import type { ClientLimits } from "../limits.ts";
import { fetchDocument } from "../routes/document.ts";
import { RouteRace } from "../routes/race.ts";
import { isWorthAsking, rankRoutes } from "../routes/ranking.ts";
import type { Route } from "../routes/route.ts";
import type { TrustState } from "./trust-state.ts";

/** One run of the client: what it works with, and the time by which expiry is judged. */
export interface Run {
  readonly ports: Ports;
  readonly routes: readonly Route[];
  readonly state: TrustState;
  readonly limits: ClientLimits;
  readonly now: Instant;
  readonly signal: AbortSignal;
}

/** One route's way through the client workflow. Changes nothing until it is accepted. */
interface Attempt {
  readonly route: Route;
  readonly refresh: Refresh;
  readonly accepted: Accepted[];
}

const opinionRoundTrips = 4; // two for root and timestamp, and two to spare

/**
 * Brings the trusted state to the newest that any route has (TUF 1.0.34 section 5.3 to 5.6). Each
 * route is a transaction of its own, so pieces of two routes never mix. When one is through, the
 * others may show that they know something newer: a frozen route is found, not believed.
 * @throws {NoRouteDelivered} no route had a whole valid state; what is trusted stays
 */
export async function refreshState(run: Run): Promise<void> {
  const { state, limits } = run;
  const attempts = new Map<Route, Attempt>();
  const job = async (route: Route, signal: AbortSignal): Promise<Attempt> => {
    const attempt = { route, refresh: new Refresh(state.set, run.now), accepted: [] };
    attempts.set(route, attempt);
    await follow(run, attempt, signal);
    return attempt;
  };
  const race = startRace(run, job);
  const first = await race.first();
  if (first === undefined) {
    await keepProgress(state, [...attempts.values()]);
    throw noNews(run);
  }
  const { secondOpinionMs, newerMs } = limits.metadata;
  const moreMs = (route: Route): number => {
    const set = attempts.get(route)?.refresh.set;
    if (set !== undefined && compareStates(set, first.refresh.set) > 0) return newerMs;
    // A far route that answers step by step is on its way: a near and frozen one must not win
    // every time.
    return Math.min(newerMs, (route.latencyMs ?? 0) * opinionRoundTrips);
  };
  const whole = await race.rest(secondOpinionMs, moreMs);
  const best = newestOf(whole) ?? first;
  await state.accept(best.refresh.set, best.accepted);
  for (const { route, refresh } of whole) {
    if (compareStates(refresh.set, best.refresh.set) < 0) {
      const text = `has state ${stateVersion(refresh.set)}; ${stateVersion(state.set)} is out`;
      route.strike(new RouteError("ROUTE_STALE", route.id, text));
    }
  }
}

/** Walks one refresh over one route to its end. */
async function follow(run: Run, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const { route, refresh, accepted } = attempt;
  for (let step = 0; refresh.want !== undefined; step++) {
    const { want } = refresh;
    if (step >= run.limits.metadata.stepsMax) {
      const text = `leads through over ${step} documents of metadata`;
      throw new RouteError("ROUTE_ENDLESS", route.id, text);
    }
    const fetch = want.absence === "final" ? fetchNextRoot : fetchWanted;
    const bytes = await fetch(run, route, want, signal);
    accepted.push(bytes === undefined ? refresh.absent() : refresh.offer(bytes));
    if (bytes !== undefined) route.kept(bytes.length);
  }
}

/** @returns undefined when the route has no next root, which is an answer */
async function fetchNextRoot(
  run: Run,
  route: Route,
  want: Want,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await fetchWanted(run, route, want, signal);
  } catch (error) {
    if (error instanceof RouteError && error.code === "ROUTE_MISSING") return undefined;
    throw error;
  }
}

function fetchWanted(run: Run, route: Route, want: Want, signal: AbortSignal): Promise<Uint8Array> {
  const path = `metadata/${want.path}`;
  const { lengthMax } = want;
  const limits = run.limits.exchange;
  return fetchDocument(run.ports, route, { path, lengthMax, limits, signal });
}

/**
 * Nobody had a whole state, but steps of the workflow may have been passed: they count, so that
 * nothing older is believed the next time.
 */
async function keepProgress(state: TrustState, attempts: readonly Attempt[]): Promise<void> {
  const furthest = newestOf(attempts.filter(({ accepted }) => accepted.length > 0));
  if (furthest !== undefined && compareStates(furthest.refresh.set, state.set) > 0) {
    await state.accept(furthest.refresh.set, furthest.accepted);
  }
}

function newestOf(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.toSorted((a, b) => compareStates(b.refresh.set, a.refresh.set))[0];
}

/** Positive when `a` is the newer one. */
function compareStates(a: TrustedSet, b: TrustedSet): number {
  for (const role of ["root", "timestamp", "snapshot", "targets"]) {
    const difference = (a.versions().get(role) ?? 0) - (b.versions().get(role) ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function stateVersion(set: TrustedSet): number {
  return set.versions().get("timestamp") ?? 0;
}

function noNews(run: Run): NoRouteDelivered {
  const { set } = run.state;
  const until = set.expires === undefined ? "" : `, good until ${toUtcSecond(set.expires)}`;
  const version = stateVersion(set);
  const known = version === 0 ? "nothing is known yet" : `known is state ${version}${until}`;
  return failedOverAll(run, `no route has a valid state of the repository (${known})`);
}

/** `NoRouteDelivered` with what each route of the run did. */
function failedOverAll(run: Run, what: string): NoRouteDelivered {
  return new NoRouteDelivered(
    what,
    run.routes.map((route) => route.attempt),
  );
}

function startRace<Value>(
  run: Run,
  job: (route: Route, signal: AbortSignal) => Promise<Value>,
): RouteRace<Value> {
  const { clock } = run.ports;
  const now = clock.steady();
  const routes = rankRoutes(run.routes).filter((route) => isWorthAsking(route, now));
  return new RouteRace(clock, routes, job, run.limits.metadata, run.signal);
}

/** The first value that any route delivers; undefined when none does. */
async function overAnyRoute<Value>(
  run: Run,
  job: (route: Route, signal: AbortSignal) => Promise<Value>,
): Promise<Value | undefined> {
  const race = startRace(run, job);
  try {
    return await race.first();
  } finally {
    race.end();
  }
}

/**
 * Finds what the trusted state says of a target (TUF 1.0.34 section 5.6.7).
 * @returns undefined when no trusted role vouches for it
 * @throws {NoRouteDelivered}
 * @throws {TrustError} the metadata itself ends the search; no route can help
 */
export async function lookUp(run: Run, path: TargetPath): Promise<TargetFile | undefined> {
  const lookup = new Lookup(run.state.set, path, run.now);
  for (let { want } = lookup; want !== undefined; want = lookup.want) {
    const accepted = await offerFromAnyRoute(run, lookup, want);
    await run.state.accept(lookup.set, [accepted]);
  }
  if (lookup.fault !== undefined) throw lookup.fault;
  return lookup.found;
}

async function offerFromAnyRoute(run: Run, lookup: Lookup, want: Want): Promise<Accepted> {
  let accepted: Accepted | undefined;
  await overAnyRoute(run, async (route, signal) => {
    const bytes = await fetchWanted(run, route, want, signal);
    accepted ??= lookup.offer(bytes); // unless another route was quicker by a moment
    route.kept(bytes.length);
    return true;
  });
  if (accepted === undefined) throw failedOverAll(run, `no route has a valid ${want.path}`);
  return accepted;
}

/**
 * Reads a small target into memory.
 * @throws {NoRouteDelivered} no route has it as it was signed
 */
export async function fetchTarget(run: Run, target: TargetFile): Promise<Uint8Array> {
  const bytes = await overAnyRoute(run, async (route, signal) => {
    const path = `targets/${target.locations[0] ?? target.path}`;
    const limits = run.limits.exchange;
    const lengthMax = target.length;
    const got = await fetchDocument(run.ports, route, { path, lengthMax, limits, signal });
    if (got.length < target.length) {
      const text = `ended after ${got.length} of ${target.length} bytes of ${path}`;
      throw new RouteError("ROUTE_TRUNCATED", `${route.id}${path}`, text);
    }
    verifyTarget(target, got);
    route.kept(got.length);
    return got;
  });
  if (bytes === undefined) throw failedOverAll(run, `no route has a valid ${target.path}`);
  return bytes;
}
