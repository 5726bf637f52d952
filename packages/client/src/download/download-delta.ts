import {
  CausewayError,
  chunkIndexLength,
  type Delta,
  hashedTargetPath,
  NoRouteDelivered,
  RouteError,
} from "@causeway/kernel";
import { applyDelta } from "./delta.ts";
import { fetchInto, mayBeFileFault, rawSources } from "./download-chunks.ts";
import { obtainIndex } from "./download-index.ts";
import { type DownloadJob, orNothing, requireSpace, syncPaceOf } from "./download-job.ts";
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
 * @throws {NoRouteDelivered} no route can be reached, so that another plan would not help either
 * @throws {HostError} of the disk that the output lies on
 */
export async function obtainByDelta(
  job: DownloadJob,
  choice: DeltaChoice,
  old: OldFile,
  target: Partial,
): Promise<string | undefined> {
  let delta: Partial | undefined;
  try {
    delta = await fetchDelta(job, choice);
    const total = target.index.target.length;
    return await applyDelta(delta, old, target, job.signal, (done) => {
      job.progress.step({ kind: "apply", done, total });
    });
  } catch (error) {
    // A route or the publisher failed at this file; the next plan uses others.
    const isOver = job.signal.aborted || !(error instanceof CausewayError) || isHopeless(error);
    if (isOver) throw error;
    return error.message;
  } finally {
    await delta?.close();
  }
}

/** The whole, checked delta beside the output; what came of it stays there for the next run. */
async function fetchDelta(job: DownloadJob, choice: DeltaChoice): Promise<Partial> {
  const { delta } = choice;
  const { store, name } = job.request.output;
  const files = partialNames(name, delta.sha256);
  const index = await obtainIndex(job, delta.index, delta, files.index);
  const partial = await Partial.open({ store, files }, index, syncPaceOf(job), job.signal);
  try {
    await requireSpace(job, partial, files.part);
    const raw = rawSources([hashedTargetPath(delta.path, delta.sha256)], delta.length);
    const sources = { pack: undefined, raw };
    await fetchInto(job, partial, sources, partial.missing(), `delta ${delta.path}`);
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

/** True when no other plan can help: the disk's fault, or nobody can be reached. */
function isHopeless(error: CausewayError): boolean {
  if (error.blame === "host") return true;
  return (
    error instanceof NoRouteDelivered &&
    !error.attempts.some((attempt) => {
      return attempt.error instanceof RouteError && mayBeFileFault(attempt.error);
    })
  );
}
