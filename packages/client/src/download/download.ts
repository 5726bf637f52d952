import { HostError, Interrupted, type Ports, TrustError } from "@causeway/kernel";
import { type DownloadLimits, downloadLimits } from "../download-limits.ts";
import { orNothing } from "../or-nothing.ts";
import { RetryBudget } from "../routes/retry-budget.ts";
import { hashFile } from "./chunk-read.ts";
import type { PlanKind } from "./download-event.ts";
import { fill } from "./download-fill.ts";
import { obtainIndex } from "./download-index.ts";
import { type DownloadJob, requireSpace, syncPaceOf } from "./download-job.ts";
import { Progress } from "./download-progress.ts";
import type { DownloadRequest } from "./download-request.ts";
import type { OldFile } from "./old-file.ts";
import { Partial } from "./partial.ts";
import { leftovers, lockName, partialNames } from "./partial-names.ts";

export interface DownloadResult {
  /** Bytes over the network, kept or not. */
  readonly downloaded: number;
  /** Bytes of the target that did not have to come over it. */
  readonly reused: number;
  /** How the last missing bytes were had; "none" when nothing was missing. */
  readonly plan: PlanKind;
  readonly seconds: number;
}

/**
 * Makes `request.output` the target that the signed metadata vouches for. Chunks come over all
 * routes at once, each checked on arrival; what is on the disk is used; the file gets its name
 * only when its whole hash is right. Safe to call again after any failure, or a kill at any
 * instant: verified chunks are kept, and only the rest is asked for.
 * @throws {NoRouteDelivered} `attempts` says what each route did
 * @throws {TrustError} the signed files contradict each other; no route can help
 * @throws {HostError} the disk is full, or refuses
 * @throws {Interrupted} `request.signal` fired
 */
export async function download(
  ports: Ports,
  request: DownloadRequest,
  limits: DownloadLimits = downloadLimits,
): Promise<DownloadResult> {
  const start = ports.clock.steady();
  const signal = request.signal ?? new AbortController().signal;
  const progress = new Progress(ports.clock, request, limits.progressMs);
  const retries = request.retries ?? new RetryBudget();
  const job: DownloadJob = { ports, request, limits, retries, signal, progress };
  try {
    signal.throwIfAborted();
    const plan = await makeAlone(job);
    progress.tellStates();
    const seconds = (ports.clock.steady() - start) / 1000;
    return { downloaded: progress.downloaded, reused: progress.reused, plan, seconds };
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Interrupted(undefined, { cause });
  }
}

/**
 * What two processes write into one file might get its name before it is whole, and each clears
 * away what it takes for left over: of another version, too.
 */
async function makeAlone(job: DownloadJob): Promise<PlanKind> {
  const held = await hold(job);
  try {
    return await make(job);
  } finally {
    held?.release();
  }
}

async function hold(job: DownloadJob): Promise<{ release(): void } | undefined> {
  const { store, name } = job.request.output;
  const onWait = (pid: number | undefined): void => job.progress.tell({ kind: "wait", pid });
  try {
    return await store.hold?.(lockName(name), job.signal, onWait);
  } catch (error) {
    if (!(error instanceof HostError) || error.code === "HOST_BUSY") throw error;
    return undefined; // where nothing can be written, that is told by what has to be
  }
}

async function make(job: DownloadJob): Promise<PlanKind> {
  const existing = await openExisting(job);
  let made: Made;
  try {
    if (existing !== undefined && (await isTarget(job, existing))) {
      job.progress.reused = existing.length;
      await removeLeftovers(job);
      return "none";
    }
    const oldFiles = [...(job.request.have ?? []), ...(existing === undefined ? [] : [existing])];
    made = await assemble(job, oldFiles);
  } finally {
    // Before the new file takes its place: some systems do not replace a file that is open.
    await existing?.handle.close();
  }
  try {
    await job.request.sure?.();
    await made.partial.finish(job.request.output.name, job.signal);
  } finally {
    await made.partial.close();
  }
  await removeLeftovers(job);
  return made.plan;
}

/** What stands at the output's place: the target already, or an older version to take from. */
async function openExisting(job: DownloadJob): Promise<OldFile | undefined> {
  const { store, name } = job.request.output;
  const handle = await orNothing(store.open(name, "read"));
  if (handle === undefined) return undefined;
  try {
    await handle.readAt(new Uint8Array(1), 0); // fails on a folder, which nothing can replace
    return { handle, length: await handle.length() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function isTarget(job: DownloadJob, file: OldFile): Promise<boolean> {
  const { target } = job.request;
  if (file.length !== target.length) return false;
  return (await hashFile(file.handle, file.length, job.signal)) === target.sha256;
}

interface Made {
  /** Whole, and its whole hash is right. */
  readonly partial: Partial;
  readonly plan: PlanKind;
}

async function assemble(job: DownloadJob, oldFiles: readonly OldFile[]): Promise<Made> {
  const { target, release, output } = job.request;
  const files = partialNames(output.name, target.sha256);
  const index = await obtainIndex(job, release.index, target, files.index, job.limits.index);
  const place = { store: output.store, files };
  const partial = await Partial.open(place, index, syncPaceOf(job), job.signal);
  try {
    job.progress.reused = partial.hereLength;
    job.progress.here(partial.hereLength, target.length);
    partial.hashAlong();
    let plan: PlanKind = "none";
    for (let repairs = 0; ; repairs++) {
      await requireSpace(job, partial, files.part);
      if (!partial.whole) plan = await fill(job, partial, oldFiles);
      if (await isRight(job, partial)) return { partial, plan };
      await requireDamage(job, partial, repairs);
    }
  } catch (error) {
    await partial.close();
    throw error;
  }
}

async function isRight(job: DownloadJob, partial: Partial): Promise<boolean> {
  const { target } = job.request;
  const sha256 = await partial.sha256(job.signal, (done) => {
    job.progress.step({ kind: "verify", done, total: target.length });
  });
  return sha256 === target.sha256;
}

/** Finds the chunks that the disk did not keep, so that they can be fetched anew. */
async function requireDamage(job: DownloadJob, partial: Partial, repairs: number): Promise<void> {
  const { target, output } = job.request;
  await partial.recheck(job.signal);
  if (partial.whole) {
    const text = "its chunks are all right and its whole is not: the chunk index is another's";
    throw new TrustError("TRUST_MISMATCH", target.path, text);
  }
  if (repairs < job.limits.repairsMax) return;
  const text = `${output.name}: the disk does not keep what is written to it. Use another one.`;
  throw new HostError("HOST_IO", text);
}

async function removeLeftovers(job: DownloadJob): Promise<void> {
  const { store, name } = job.request.output;
  const { folder, isOne } = leftovers(name);
  for (const file of await store.list(folder)) {
    if (isOne(file)) await store.remove(folder === "" ? file : `${folder}/${file}`);
  }
}
