import type { PackJob } from "./job.ts";
import { type Finished, Output } from "./output.ts";
import { inOrder, type WorkerPool } from "./pool.ts";
import type { ScannedChunk } from "./scan.ts";

const batchLength = 2 * 1024 * 1024; // some tenths of a second of work for one thread

/** A finished pack and, for each chunk of the target, how long its frame is. */
export interface Pack {
  readonly file: Finished;
  readonly frameLengths: readonly number[];
}

export interface PackRequest {
  /** Holds the target's bytes and stays as it is. */
  readonly target: Finished;
  /** Where to write; must not exist yet. */
  readonly file: string;
  readonly pool: WorkerPool;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Compresses the target chunk by chunk, one zstd frame each; `zstd -d` of the whole gives the
 * target. The bytes do not depend on the number of threads.
 * @throws {JobFailed}
 * @throws {HostError} when it cannot be written
 */
export async function makePack(request: PackRequest): Promise<Pack> {
  const output = await Output.create(request.file);
  try {
    const frameLengths: number[] = [];
    const batches = batchesOf(request.target);
    let at = 0;
    for await (const frames of inOrder(request.pool, batches)) {
      request.signal?.throwIfAborted();
      await output.write(frames.bytes);
      frameLengths.push(...frames.lengths);
      request.onBytes(batches[at++]?.lengths.reduce((sum, length) => sum + length, 0) ?? 0);
    }
    return { file: await output.finish(), frameLengths };
  } finally {
    await output.abandon();
  }
}

function batchesOf({ file, chunks }: Finished): readonly PackJob[] {
  const batches: PackJob[] = [];
  let batch: ScannedChunk[] = [];
  let length = 0;
  const close = (): void => {
    const first = batch[0];
    if (first === undefined) return;
    const lengths = batch.map((chunk) => chunk.length);
    batches.push({ kind: "pack", file, offset: first.offset, lengths });
    batch = [];
    length = 0;
  };
  for (const chunk of chunks) {
    batch.push(chunk);
    length += chunk.length;
    if (length >= batchLength) close();
  }
  close();
  return batches;
}
