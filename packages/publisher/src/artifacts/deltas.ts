import { join } from "node:path";
import type { Sha256 } from "@causeway/kernel";
import { makeDelta, savesTooLittle } from "./delta.ts";
import type { ScannedOld } from "./old-version.ts";
import type { Finished } from "./output.ts";
import { JobFailed } from "./pool.ts";
import { Progress, type ReportProgress } from "./progress.ts";
import type { Scanned } from "./scan.ts";

export interface DeltasRequest {
  readonly target: Finished;
  readonly olds: readonly ScannedOld[];
  /** Folder for the deltas. */
  readonly scratch: string;
  readonly workers: number;
  /** Takes why a delta was left out. */
  readonly notes: string[];
  readonly onProgress?: ReportProgress;
  readonly signal?: AbortSignal;
}

/** A delta and the old version that it starts from. */
export interface MadeDelta {
  readonly old: ScannedOld;
  readonly delta: Finished;
}

const deltaPays = 0.8; // of what a client that has the old version would fetch without it

/**
 * Makes a delta from each old version where that saves something.
 * @throws {HostError} when one cannot be written
 * @throws the signal's reason when it fired
 */
export async function makeDeltas(request: DeltasRequest): Promise<readonly MadeDelta[]> {
  const { target, olds, scratch, workers, notes, signal } = request;
  const made: MadeDelta[] = [];
  const progress = new Progress("delta", target.length * olds.length, request.onProgress);
  for (const [at, old] of olds.entries()) {
    const delta = await makeDelta({
      target,
      old,
      file: join(scratch, `delta-${at}`),
      lengthMax: Math.floor(deltaPays * missingBytes(target, old.scanned, undefined)),
      workers,
      onBytes: (bytes) => progress.add(bytes),
      signal,
    }).catch(reasonForNone(signal));
    progress.reach(target.length * (at + 1));
    if (typeof delta === "string") notes.push(`no delta from ${old.name}: ${delta}`);
    else made.push({ old, delta });
  }
  return made;
}

/** Once the pack's frames are known, some deltas may turn out to be needless. */
export function deltasThatPay(
  made: readonly MadeDelta[],
  target: Finished,
  frameLengths: readonly number[] | undefined,
  notes: string[],
): readonly MadeDelta[] {
  return made.filter(({ old, delta }) => {
    if (delta.length < deltaPays * missingBytes(target, old.scanned, frameLengths)) return true;
    notes.push(`no delta from ${old.name}: ${savesTooLittle}`);
    return false;
  });
}

/** A delta that could not be made is no reason to hold a patch back; what else failed is. */
function reasonForNone(signal: AbortSignal | undefined): (cause: unknown) => string {
  return (cause) => {
    signal?.throwIfAborted();
    if (cause instanceof JobFailed) return cause.message;
    throw cause;
  };
}

/** What a client fetches that has the old version but no delta. */
function missingBytes(
  target: Finished,
  old: Scanned,
  frameLengths: readonly number[] | undefined,
): number {
  const had = new Set<Sha256>(old.chunks.map((chunk) => chunk.sha256));
  let bytes = 0;
  for (const [at, { sha256, length }] of target.chunks.entries()) {
    if (had.has(sha256)) continue;
    had.add(sha256); // fetched once, whatever the number of places
    bytes += frameLengths?.[at] ?? length;
  }
  return bytes;
}
