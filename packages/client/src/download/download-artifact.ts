import { type Artifact, hashedTargetPath, RouteError, TrustError } from "@causeway/kernel";
import { sha256Of } from "../fetch/chunk-verified.ts";
import { clientLimits } from "../limits.ts";
import { fetchDocument } from "../routes/document.ts";
import { RouteRace } from "../routes/race.ts";
import type { Route } from "../routes/route.ts";
import { type DownloadJob, noRoute, orNothing } from "./download-job.ts";

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
): Promise<Uint8Array> {
  const { path, length } = artifact;
  if (length > job.limits.indexLengthMax) {
    const text = `is ${length} bytes long, over the bound of ${job.limits.indexLengthMax}`;
    throw new TrustError("TRUST_LIMIT", path, text);
  }
  const { store } = job.request.output;
  const kept = await orNothing(store.read(saved, job.limits.indexLengthMax));
  if (kept?.length === length && sha256Of(kept) === artifact.sha256) return kept;
  const bytes = await fetchArtifact(job, artifact);
  await store.write(saved, bytes);
  return bytes;
}

async function fetchArtifact(job: DownloadJob, artifact: Artifact): Promise<Uint8Array> {
  const { clock, random } = job.ports;
  const limits = { ...clientLimits.metadata, hedgeMs: job.limits.hedgeMs };
  for (let round = 1; ; round++) {
    const race = new RouteRace(
      clock,
      await restedRoutes(job, artifact),
      (route, signal) => fetchOver(job, artifact, route, signal),
      limits,
      job.signal,
    );
    const bytes = await race.first();
    race.end();
    if (bytes !== undefined) return bytes;
    if (round === job.limits.indexRoundsMax) throw noRoute(job, artifact.path);
    const { base, max } = job.limits.backoffMs;
    const chance = random.uint32() / 2 ** 32; // so that a fleet does not come back as one wave
    const backoff = Math.min(max, base * 3 ** round * chance);
    await clock.sleep(backoff, job.signal);
    await takeRetry(job);
  }
}

async function takeRetry({ ports, retries, signal }: DownloadJob): Promise<void> {
  const { clock } = ports;
  for (let wait = retries.waitMs(clock.steady()); wait > 0; ) {
    await clock.sleep(wait, signal);
    wait = retries.waitMs(clock.steady()); // another one may have been quicker
  }
  retries.take(clock.steady());
}

/**
 * The routes that do not ask to be left alone now; when all of them do, this waits for the first.
 * @throws {NoRouteDelivered} there are none, or it would be too long a wait
 */
async function restedRoutes(job: DownloadJob, artifact: Artifact): Promise<readonly Route[]> {
  const { clock } = job.ports;
  const able = job.request.routes.filter((route) => route.trustworthy);
  const due = Math.min(...able.map(({ restUntil }) => restUntil));
  const wait = due - clock.steady();
  if (wait > job.limits.patienceMs) throw noRoute(job, artifact.path);
  if (wait > 0) await clock.sleep(wait, job.signal);
  const now = clock.steady();
  return able.filter(({ restUntil }) => restUntil <= now);
}

async function fetchOver(
  job: DownloadJob,
  artifact: Artifact,
  route: Route,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const path = `targets/${hashedTargetPath(artifact.path, artifact.sha256)}`;
  const bytes = await fetchDocument(job.ports, route, {
    path,
    lengthMax: artifact.length,
    signal,
    limits: job.limits.exchange,
  });
  job.progress.received(route, bytes.length);
  if (bytes.length !== artifact.length || sha256Of(bytes) !== artifact.sha256) {
    const text = `sent ${bytes.length} bytes that are not the signed ones as ${path}`;
    throw new RouteError("ROUTE_LIED", route.id + path, text);
  }
  route.kept(bytes.length);
  return bytes;
}
