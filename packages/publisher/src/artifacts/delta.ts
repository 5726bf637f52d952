import { open } from "node:fs/promises";
import { toHostError } from "@causeway/client/internal/host-error";
import { type DeltaSegment, encodeDeltaTable } from "@causeway/kernel";
import {
  avoidMagic,
  type PlannedSegment,
  planSegments,
  segmentsAtOnce,
  zstdSettings,
} from "./delta-plan.ts";
import type { DeltaJob } from "./job.ts";
import { type Finished, Output } from "./output.ts";
import { inOrder, WorkerPool } from "./pool.ts";
import type { Scanned } from "./scan.ts";

export interface DeltaRequest {
  /** Holds the new version's bytes. */
  readonly target: Finished;
  readonly old: { readonly file: string; readonly scanned: Scanned };
  /** Where to write; must not exist yet. */
  readonly file: string;
  /** A delta of this length or more is not worth it. */
  readonly lengthMax: number;
  readonly workers: number;
  /** Called with bytes of the new version that were dealt with. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

export const savesTooLittle = "it would save too little";

/**
 * Makes a delta: zstd frames with ranges of the old file as dictionaries (docs/delta.md). The
 * bytes do not depend on the number of threads.
 * @returns the delta, or why there is none
 * @throws {JobFailed}
 * @throws {HostError} when it cannot be written
 */
export async function makeDelta(request: DeltaRequest): Promise<Finished | string> {
  const { target, old } = request;
  if (request.lengthMax === 0) return savesTooLittle;
  const planned = await planFor(request);
  const largest = planned.toSorted((a, b) => weight(b) - weight(a))[0];
  if (largest === undefined) return "the new file is empty, or over 32 GiB";
  const pool = new WorkerPool(Math.min(request.workers, segmentsAtOnce(largest, target.length)));
  const stop = (): void => void pool.close();
  request.signal?.addEventListener("abort", stop, { once: true });
  const output = await Output.create(request.file);
  try {
    request.signal?.throwIfAborted();
    const segments: DeltaSegment[] = [];
    const jobs = planned.map((segment) => jobOf(segment, old.file, target));
    for await (const { bytes } of inOrder(pool, jobs)) {
      const segment = planned[segments.length];
      if (segment === undefined) break;
      segments.push({ ...segment, frameOffset: output.length, frameLength: bytes.length });
      await output.write(bytes);
      request.onBytes(segment.newLength);
      if (output.length >= request.lengthMax) return savesTooLittle;
    }
    if (!coversOld(segments, old.scanned.length)) await output.write(encodeDeltaTable(segments));
    return output.length < request.lengthMax ? await output.finish() : savesTooLittle;
  } finally {
    request.signal?.removeEventListener("abort", stop);
    await output.abandon();
    await pool.close();
  }
}

async function planFor({ target, old }: DeltaRequest): Promise<readonly PlannedSegment[]> {
  const planned = planSegments({
    newLength: target.length,
    newChunks: target.chunks,
    oldLength: old.scanned.length,
    oldChunks: old.scanned.chunks,
  });
  const handle = await open(old.file, "r").catch((cause: unknown) => {
    throw toHostError(cause, `read ${old.file}`);
  });
  try {
    const segments: PlannedSegment[] = [];
    for (const segment of planned) {
      const head = new Uint8Array(Math.min(4, segment.oldLength));
      await handle.read(head, 0, head.length, segment.oldOffset);
      segments.push(avoidMagic(segment, head));
    }
    return segments;
  } finally {
    await handle.close();
  }
}

function weight(segment: PlannedSegment): number {
  return segment.newLength + segment.oldLength;
}

/** True for the one frame over the whole old file that `zstd --patch-from` decodes as it is. */
function coversOld(segments: readonly DeltaSegment[], oldLength: number): boolean {
  return segments.length === 1 && segments[0]?.oldLength === oldLength;
}

function jobOf(segment: PlannedSegment, oldFile: string, target: Finished): DeltaJob {
  return {
    kind: "delta",
    old: { file: oldFile, offset: segment.oldOffset, length: segment.oldLength },
    new: { file: target.file, offset: segment.newOffset, length: segment.newLength },
    settings: zstdSettings(segment, target.length),
  };
}
