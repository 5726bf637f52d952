import {
  CausewayError,
  type ChunkIndex,
  chunkIndexLength,
  type Delta,
  hashedTargetPath,
  NoRouteDelivered,
  RouteError,
} from "@causeway/kernel";
import { orNothing } from "../or-nothing.ts";
import { applyDelta } from "./delta.ts";
import { withPatience } from "./delta-patience.ts";
import { fetchInto, mayBeFileFault, rawSources } from "./download-chunks.ts";
import { obtainIndex } from "./download-index.ts";
import { type DownloadJob, requireSpace, routesOf, syncPaceOf } from "./download-job.ts";
import type { OldFile } from "./old-file.ts";
import { Partial } from "./partial.ts";
import { decodeJournal, journalLengthMax } from "./partial-journal.ts";
import { partialNames } from "./partial-names.ts";
import type { DeltaChoice } from "./plan.ts";

const headLength = chunkIndexLength(0);

/**
 * Fetches a delta over all routes and applies it. What it brings of the target is kept even when
 * it fails half way.
 * @returns why another plan is needed, or undefined when the target is whole
 * @throws {NoRouteDelivered} no route can be reached any more, so that another plan would not help
 *   either
 * @throws {HostError} of the disk that the output lies on
 */
export async function obtainByDelta(
  job: DownloadJob,
  choice: DeltaChoice,
  old: OldFile,
  target: Partial,
): Promise<string | undefined> {
  let index: ChunkIndex | undefined;
  let delta: Partial | undefined;
  try {
    index = await obtainDeltaIndex(job, choice.delta);
    delta = await fetchDelta(job, choice.delta, index);
    const total = target.index.target.length;
    return await applyDelta(delta, old, target, job.signal, (done) => {
      job.progress.step({ kind: "apply", done, total });
    });
  } catch (error) {
    // A route or the publisher failed at this file; the next plan uses others.
    if (job.signal.aborted || !(error instanceof CausewayError)) throw error;
    // Its index was given up after a moment: that says little of the routes.
    if (error.blame === "host" || (index !== undefined && isHopeless(job, error))) throw error;
    return error.message;
  } finally {
    await delta?.close();
  }
}

function obtainDeltaIndex(job: DownloadJob, delta: Delta): Promise<ChunkIndex> {
  const { index: saved } = partialNames(job.request.output.name, delta.sha256);
  return obtainIndex(job, delta.index, delta, saved, job.limits.delta);
}

/** The whole, checked delta beside the output; what came of it stays there for the next run. */
async function fetchDelta(job: DownloadJob, delta: Delta, index: ChunkIndex): Promise<Partial> {
  const { store, name } = job.request.output;
  const files = partialNames(name, delta.sha256);
  const partial = await Partial.open({ store, files }, index, syncPaceOf(job), job.signal);
  try {
    await requireSpace(job, partial, files.part);
    const raw = rawSources([hashedTargetPath(delta.path, delta.sha256)], delta.length);
    const sources = { pack: undefined, raw };
    await withPatience(job, partial, (patient) => {
      return fetchInto(patient, partial, sources, partial.missing(), `delta ${delta.path}`);
    });
    return partial;
  } catch (error) {
    await partial.close();
    throw error;
  }
}

/** Bytes of a delta that an earlier run likely left here. */
export async function deltaHere(job: DownloadJob, delta: Delta): Promise<number> {
  const { store, name } = job.request.output;
  const files = partialNames(name, delta.sha256);
  const count = Math.floor((delta.index.length - headLength) / (chunkIndexLength(1) - headLength));
  const journal = await orNothing(store.read(files.journal, journalLengthMax(count)));
  if (journal === undefined || count <= 0) return 0;
  const numbers = decodeJournal(journal, delta.sha256, count) ?? [];
  return Math.floor((delta.length * numbers.length) / count);
}

/** True when no other plan can help: nobody can be reached. */
function isHopeless(job: DownloadJob, error: CausewayError): boolean {
  if (!(error instanceof NoRouteDelivered)) return false;
  return !routesOf(job).some((route) => {
    return route.error instanceof RouteError && mayBeFileFault(route, route.error);
  });
}
