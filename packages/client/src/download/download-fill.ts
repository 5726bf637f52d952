import type { Delta } from "@causeway/kernel";
import { fetchInto, packSource, rawSources } from "./download-chunks.ts";
import { deltaHere, obtainByDelta } from "./download-delta.ts";
import { obtainDeltas } from "./download-deltas.ts";
import type { DownloadJob } from "./download-job.ts";
import {
  copyOldChunks,
  nothingOld,
  type OldFile,
  type OldFileContent,
  searchOldFile,
} from "./old-file.ts";
import type { Partial } from "./partial.ts";
import { choosePlan, type DeltaChoice, type Plan } from "./plan.ts";

/** An old file, and what it turned out to hold. */
interface Searched {
  readonly file: OldFile;
  readonly content: OldFileContent;
}

/**
 * Gets what is missing of the target by the plan of fewest bytes, and by the next best one when
 * a plan fails.
 * @returns the plan that made it whole
 * @throws {NoRouteDelivered} what came until then stays in `partial`
 * @throws {HostError}
 */
export async function fill(
  job: DownloadJob,
  partial: Partial,
  oldFiles: readonly OldFile[],
): Promise<Plan["kind"]> {
  const known = await obtainDeltas(job, oldFiles);
  const searched = await searchAll(job, partial, oldFiles, known);
  let deltas = await deltaChoices(job, searched, known);
  for (;;) {
    const plan = choosePlan({
      chunks: partial.index.chunks,
      missing: partial.missing(),
      isInOldFile: (number) => searched.some(({ content }) => content.offsets.has(number)),
      hasPack: packSource(job, partial) !== undefined,
      deltas,
    });
    tellPlan(job, partial, plan);
    if (plan.kind !== "delta") {
      await fillByChunks(job, partial, plan, searched);
      if (partial.whole) return plan.kind;
      continue; // an old file changed under us; what it had is missing again
    }
    const before = partial.hereLength;
    const old = oldFiles[plan.oldFile];
    const why = old === undefined ? undefined : await obtainByDelta(job, plan, old, partial);
    job.progress.reused += Math.max(0, partial.hereLength - before - plan.delta.length);
    if (partial.whole) return plan.kind;
    const text = why ?? "it did not make the file whole";
    job.progress.tell({ kind: "fallback", from: "delta", why: text });
    deltas = deltas.filter(({ delta }) => delta !== plan.delta);
  }
}

async function searchAll(
  job: DownloadJob,
  partial: Partial,
  oldFiles: readonly OldFile[],
  deltas: readonly Delta[],
): Promise<Searched[]> {
  const { limits, signal, progress } = job;
  const total = oldFiles.reduce((sum, file) => sum + file.length, 0);
  let done = 0;
  const searched: Searched[] = [];
  for (const file of oldFiles) {
    const fits = file.length <= limits.oldFileLengthMax;
    const wholeHash = deltas.some(({ from }) => from.length === file.length);
    const options = { wholeHash, signal };
    const content = fits
      ? await searchOldFile(file, partial, options, (count) => {
          done += count;
          progress.step({ kind: "search", done, total });
        })
      : nothingOld;
    searched.push({ file, content });
  }
  return searched;
}

async function deltaChoices(
  job: DownloadJob,
  searched: readonly Searched[],
  deltas: readonly Delta[],
): Promise<readonly DeltaChoice[]> {
  const choices: DeltaChoice[] = [];
  for (const delta of deltas) {
    const oldFile = searched.findIndex(({ file, content }) => {
      return file.length === delta.from.length && content.sha256 === delta.from.sha256;
    });
    if (oldFile < 0) continue;
    choices.push({ delta, oldFile, hereLength: await deltaHere(job, delta) });
  }
  return choices;
}

async function fillByChunks(
  job: DownloadJob,
  partial: Partial,
  plan: Exclude<Plan, { kind: "delta" }>,
  searched: readonly Searched[],
): Promise<void> {
  const { target } = job.request;
  for (const { file, content } of searched) {
    job.progress.reused += await copyOldChunks(file, content, partial, plan.copy, job.signal);
    job.progress.here(partial.hereLength, target.length);
  }
  const pack = plan.kind === "pack" ? packSource(job, partial) : undefined;
  const raw = rawSources(target.locations, target.length);
  // With what turned out not to be in the old files after all.
  await fetchInto(job, partial, { pack, raw }, partial.missing(), target.path);
}

function tellPlan(job: DownloadJob, partial: Partial, plan: Plan): void {
  const { length } = job.request.target;
  const bytes = Math.round(plan.bytes);
  const reused = Math.max(
    0,
    plan.kind === "delta" ? length - bytes : length - fetchLength(partial, plan),
  );
  job.progress.tell({ kind: "plan", plan: plan.kind, bytes, reused });
}

function fetchLength(partial: Partial, plan: Exclude<Plan, { kind: "delta" }>): number {
  let length = 0;
  for (const number of plan.fetch) {
    const chunk = partial.index.chunks.at(number);
    if (chunk === undefined) continue;
    for (const _ of partial.names.allOf(chunk.sha256)) length += chunk.length;
  }
  return length;
}
