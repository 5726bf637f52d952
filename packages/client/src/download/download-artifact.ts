import {
  type Artifact,
  hashedTargetPath,
  RouteError,
  type Store,
  TrustError,
} from "@causeway/kernel";
import type { ArtifactLimits } from "../download-limits.ts";
import { sha256Of } from "../fetch/chunk-verified.ts";
import type { ExchangeLimits } from "../limits.ts";
import { orNothing } from "../or-nothing.ts";
import { seconds } from "../routes/body.ts";
import { within } from "../routes/cancel.ts";
import { fetchDocument, verified } from "../routes/document.ts";
import { RouteRace } from "../routes/race.ts";
import type { Route } from "../routes/route.ts";
import { type DownloadJob, noRoute, routesOf } from "./download-job.ts";

/**
 * The bytes of a small file that the record vouches for: from the file `saved` of an earlier
 * run, or from any route, and then saved.
 * @throws {NoRouteDelivered}
 * @throws {TrustError} `TRUST_LIMIT`
 * @throws {HostError}
 */
export async function obtainArtifact(
  job: DownloadJob,
  artifact: Artifact,
  saved: string,
  limits: ArtifactLimits,
): Promise<Uint8Array> {
  const { path, length } = artifact;
  if (length > job.limits.indexLengthMax) {
    const text = `is ${length} bytes long, over the bound of ${job.limits.indexLengthMax}`;
    throw new TrustError("TRUST_LIMIT", path, text);
  }
  const { store } = job.request.output;
  const kept = await orNothing(store.read(saved, job.limits.indexLengthMax));
  if (kept?.length === length && sha256Of(kept) === artifact.sha256) return kept;
  const bytes = await fetchArtifact(job, artifact, limits);
  await save(store, saved, bytes);
  return bytes;
}

/**
 * In place, and not as one step: what a kill leaves has the name by which it is cleared away, and
 * is looked at before it is used.
 */
async function save(store: Store, name: string, bytes: Uint8Array): Promise<void> {
  const file = await store.open(name, "create");
  try {
    await file.writeAt(bytes, 0);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function fetchArtifact(
  job: DownloadJob,
  artifact: Artifact,
  limits: ArtifactLimits,
  tried: ReadonlySet<Route> = new Set(),
): Promise<Uint8Array> {
  const { ports, retries, signal } = job;
  const routes = routesOf(job).filter((route) => route.trustworthy && !tried.has(route));
  const race = new RouteRace({
    ports,
    routes,
    job: (route, cancelled) => fetchOver(job, artifact, route, limits.exchange, cancelled),
    limits: limits.race,
    retries,
    signal,
  });
  try {
    const bytes = await inTime(job, artifact, limits.msMax, race.first());
    if (bytes !== undefined) return bytes;
    if (routes.length === 0) throw noRoute(job, artifact.path);
  } finally {
    race.end();
  }
  // Others may have joined meanwhile.
  return fetchArtifact(job, artifact, limits, new Set([...tried, ...routes]));
}

async function inTime<Value>(
  { ports }: DownloadJob,
  { path }: Artifact,
  msMax: number | undefined,
  work: Promise<Value>,
): Promise<Value> {
  if (msMax === undefined) return work;
  return within(ports.clock, msMax, work, () => {
    const text = `no route brought ${path} within ${seconds(msMax)} s`;
    return new RouteError("ROUTE_STALLED", path, text);
  });
}

async function fetchOver(
  job: DownloadJob,
  artifact: Artifact,
  route: Route,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const path = `targets/${hashedTargetPath(artifact.path, artifact.sha256)}`;
  const document = await fetchDocument(job.ports, route, {
    path,
    lengthMax: artifact.length,
    signal,
    limits,
  });
  const { bytes } = document;
  job.progress.received(route, bytes.length);
  verified(document, () => {
    if (bytes.length === artifact.length && sha256Of(bytes) === artifact.sha256) return;
    const text = `sent ${bytes.length} bytes that are not the signed ones as ${path}`;
    throw new RouteError("ROUTE_LIED", route.id + path, text);
  });
  route.kept(bytes.length);
  return bytes;
}
