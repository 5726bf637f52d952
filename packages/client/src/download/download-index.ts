import {
  type Artifact,
  type ChunkIndex,
  decodeChunkIndex,
  hashedTargetPath,
  RouteError,
  TrustError,
} from "@causeway/kernel";
import { sha256Of } from "../fetch/chunk-verified.ts";
import { clientLimits } from "../limits.ts";
import { fetchDocument } from "../routes/document.ts";
import { RouteRace } from "../routes/race.ts";
import type { Route } from "../routes/route.ts";
import { type DownloadJob, noRoute, orNothing } from "./download-job.ts";

/**
 * The chunk index that `artifact` vouches for, of the target that `of` describes: from the file
 * `saved` of an earlier run, or from any route, and then saved.
 * @throws {NoRouteDelivered}
 * @throws {TrustError} it is signed, and is no index of that target
 * @throws {HostError}
 */
export async function obtainIndex(
  job: DownloadJob,
  artifact: Artifact,
  of: Pick<Artifact, "length" | "sha256">,
  saved: string,
): Promise<ChunkIndex> {
  const { path, length } = artifact;
  if (length > job.limits.indexLengthMax) {
    const text = `is ${length} bytes long, over the bound of ${job.limits.indexLengthMax}`;
    throw new TrustError("TRUST_LIMIT", path, text);
  }
  const { store } = job.request.output;
  const kept = await orNothing(store.read(saved, job.limits.indexLengthMax));
  const isRight = kept?.length === length && sha256Of(kept) === artifact.sha256;
  const bytes = isRight ? kept : await fetchIndex(job, artifact);
  const index = decodeChunkIndex(bytes, path);
  if (index.target.length !== of.length || index.target.sha256 !== of.sha256) {
    throw new TrustError("TRUST_MIXED", path, "is the chunk index of another file");
  }
  if (!isRight) await store.write(saved, bytes);
  return index;
}

async function fetchIndex(job: DownloadJob, artifact: Artifact): Promise<Uint8Array> {
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
    await clock.sleep(Math.min(max, base * 3 ** round * chance), job.signal);
  }
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
