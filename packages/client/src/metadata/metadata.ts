import {
  type Instant,
  NoRouteDelivered,
  type Ports,
  RouteError,
  type TargetPath,
} from "@causeway/kernel";
import { type Accepted, Lookup, type TargetFile, verifyTarget, type Want } from "@causeway/trust";
import type { ClientLimits } from "../limits.ts";
import { type Document, fetchDocument, verified } from "../routes/document.ts";
import type { RunRoutes } from "../routes/listed/run-routes.ts";
import { type RouteJob, RouteRace } from "../routes/race.ts";
import { rankRoutes } from "../routes/ranking.ts";
import type { RetryBudget } from "../routes/retry-budget.ts";
import type { Route } from "../routes/route.ts";
import { type TrustState, unlessRefused } from "./trust-state.ts";

/** One run of the client: what it works with, and the time by which expiry is judged. */
export interface Run {
  readonly ports: Ports;
  readonly routes: RunRoutes;
  readonly state: TrustState;
  readonly limits: ClientLimits;
  readonly retries: RetryBudget;
  readonly now: Instant;
  readonly signal: AbortSignal;
}

/** Fetches a file of metadata over one route. */
export function fetchWanted(
  run: Pick<Run, "ports" | "limits">,
  route: Route,
  want: Want,
  signal: AbortSignal,
): Promise<Document> {
  const path = `metadata/${want.path}`;
  const { lengthMax } = want;
  const limits = run.limits.exchange;
  return fetchDocument(run.ports, route, { path, lengthMax, limits, signal });
}

/** `NoRouteDelivered` with what each route of the run did. */
export function failedOverAll(run: Run, what: string): NoRouteDelivered {
  return new NoRouteDelivered(
    what,
    run.routes.all.map((route) => route.attempt),
  );
}

/** Does one thing over all routes but those that lied. */
export function startRace<Value>(
  run: Run,
  job: RouteJob<Value>,
  hedgeMs: number = run.limits.metadata.hedgeMs,
): RouteRace<Value> {
  const { ports, retries, signal } = run;
  const routes = rankRoutes(run.routes.all).filter(({ trustworthy }) => trustworthy);
  const limits = { ...run.limits.metadata, hedgeMs };
  return new RouteRace({ ports, routes, job, limits, retries, signal });
}

/** The first value that any route delivers; undefined when none does. */
async function overAnyRoute<Value>(run: Run, job: RouteJob<Value>): Promise<Value | undefined> {
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
  return (await lookUpWithKeys(run, path))?.target;
}

/** As `lookUp`, with the ids of the keys that may vouch for the target. */
export async function lookUpWithKeys(
  run: Run,
  path: TargetPath,
): Promise<{ readonly target: TargetFile; readonly keys: readonly string[] } | undefined> {
  const lookup = new Lookup(run.state.set, path, run.now);
  for (let { want } = lookup; want !== undefined; want = lookup.want) {
    const kept = await run.state.readRole(want.role);
    // It may be of an earlier state, or damaged; its being here proves nothing.
    const isGood = kept && unlessRefused(() => lookup.offer(kept)) !== undefined;
    const accepted = isGood ? [] : [await offerFromAnyRoute(run, lookup, want)];
    await run.state.accept(lookup.set, accepted);
  }
  if (lookup.fault !== undefined) throw lookup.fault;
  const { found, vouching } = lookup;
  return found && { target: found, keys: [...(vouching?.keys.keys() ?? [])] };
}

async function offerFromAnyRoute(run: Run, lookup: Lookup, want: Want): Promise<Accepted> {
  return fetchFromAnyRoute(run, want, (bytes) => lookup.offer(bytes));
}

/**
 * Fetches a file of metadata over the first route whose bytes `accept` takes.
 * @param accept throws a `TrustError` on what is not wanted; what it took is not offered again
 * @throws {NoRouteDelivered}
 */
export async function fetchFromAnyRoute<Value extends object>(
  run: Run,
  want: Want,
  accept: (bytes: Uint8Array) => Value,
): Promise<Value> {
  let accepted: Value | undefined;
  await overAnyRoute(run, async (route, signal) => {
    const document = await fetchWanted(run, route, want, signal);
    // Unless another route was quicker by a moment.
    accepted ??= verified(document, accept);
    route.kept(document.bytes.length);
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
    const request = { path, lengthMax, limits, signal };
    const document = await fetchDocument(run.ports, route, request);
    const got = document.bytes;
    if (got.length < target.length) {
      const text = `ended after ${got.length} of ${target.length} bytes of ${path}`;
      throw new RouteError("ROUTE_TRUNCATED", `${route.id}${path}`, text);
    }
    verified(document, () => verifyTarget(target, got));
    route.kept(got.length);
    return got;
  });
  if (bytes === undefined) throw failedOverAll(run, `no route has a valid ${target.path}`);
  return bytes;
}
