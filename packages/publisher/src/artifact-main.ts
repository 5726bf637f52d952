import { parentPort } from "node:worker_threads";
import { errnoOf } from "@causeway/client/internal/host-error";
import { invariant } from "@causeway/kernel";
import { compressChunk, compressDelta } from "./artifacts/compress.ts";
import type { Answer, DeltaJob, Frames, Job, PackJob } from "./artifacts/job.ts";
import { Refilled } from "./artifacts/refilled.ts";

// The entry of a worker thread: one job in, one answer out, until the pool ends it.

// Two buffers that are used again for each job: waiting for the collector to free such large ones
// would double the memory.
const newBytes = new Refilled();
const oldBytes = new Refilled();

const port = parentPort;
invariant(port !== null, "the artifact worker runs in a worker thread");
port.on("message", (job: Job) => {
  const answer = answerTo(job);
  port.postMessage(answer, "frames" in answer ? [answer.frames.bytes.buffer] : []);
});

function answerTo(job: Job): Answer {
  try {
    return { frames: job.kind === "pack" ? pack(job) : delta(job) };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { failure: { message, code: errnoOf(cause) ?? "" } };
  }
}

function pack(job: PackJob): Frames {
  const length = job.lengths.reduce((sum, next) => sum + next, 0);
  const bytes = newBytes.read({ file: job.file, offset: job.offset, length });
  const frames: Uint8Array[] = [];
  let at = 0;
  let last: Uint8Array = new Uint8Array(0);
  for (const chunkLength of job.lengths) {
    const chunk = bytes.subarray(at, at + chunkLength);
    // Images of disks have gigabytes of the same.
    const again = Buffer.compare(chunk, last) === 0 ? frames.at(-1) : undefined;
    frames.push(again ?? compressChunk(chunk));
    at += chunkLength;
    last = chunk;
  }
  return framesOf(frames);
}

function delta(job: DeltaJob): Frames {
  const bytes = newBytes.read(job.new);
  return framesOf([compressDelta(bytes, oldBytes.read(job.old), job.settings)]);
}

/** Joins the frames in memory of their own, which can be handed over to the other thread. */
function framesOf(frames: readonly Uint8Array[]): Frames {
  const lengths = frames.map((frame) => frame.length);
  const bytes = new Uint8Array(lengths.reduce((sum, next) => sum + next, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return { bytes, lengths };
}
