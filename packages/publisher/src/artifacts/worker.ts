import { closeSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { invariant } from "@causeway/kernel";
import { systemCode } from "../disk/host-error.ts";
import { compressChunk, compressDelta } from "./compress.ts";
import type { Answer, DeltaJob, FileRange, Frames, Job, PackJob } from "./job.ts";

// The entry of a worker thread: one job in, one answer out, until the pool ends it.

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
    return { failure: { message, code: systemCode(cause) } };
  }
}

function pack(job: PackJob): Frames {
  const length = job.lengths.reduce((sum, next) => sum + next, 0);
  const bytes = readRange({ file: job.file, offset: job.offset, length });
  const frames: Uint8Array[] = [];
  let at = 0;
  for (const chunkLength of job.lengths) {
    frames.push(compressChunk(bytes.subarray(at, at + chunkLength)));
    at += chunkLength;
  }
  return framesOf(frames);
}

function delta(job: DeltaJob): Frames {
  return framesOf([compressDelta(readRange(job.new), readRange(job.old), job.settings)]);
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

function readRange({ file, offset, length }: FileRange): Uint8Array {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(file, "r");
  try {
    for (let done = 0; done < length; ) {
      const read = readSync(descriptor, bytes, done, length - done, offset + done);
      if (read === 0) throw new Error(`${file} became shorter while it was read`);
      done += read;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
