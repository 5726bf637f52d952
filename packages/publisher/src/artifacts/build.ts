import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { encodeChunkIndex, type Sha256, UsageError } from "@causeway/kernel";
import { fileLength, syncFolder } from "../disk/files.ts";
import { deltasThatPay, makeDeltas } from "./deltas.ts";
import { readWindows } from "./input.ts";
import { type OldVersion, type ScannedOld, scanOld } from "./old-version.ts";
import { type BuiltFile, type Finished, Output, place, writeOutput } from "./output.ts";
import { makePack, type Pack } from "./pack.ts";
import { JobFailed, WorkerPool } from "./pool.ts";
import { Progress, type ReportProgress } from "./progress.ts";

export type { OldVersion } from "./old-version.ts";
export type { BuiltFile } from "./output.ts";

export interface BuiltDelta extends BuiltFile {
  readonly fromSha256: Sha256;
  readonly index: BuiltFile;
}

export interface BuildRequest {
  /** The new version. It is copied, never linked. */
  readonly file: string;
  /** An existing folder. */
  readonly outDir: string;
  /** Earlier versions to make deltas from. */
  readonly olds: readonly OldVersion[];
  readonly onProgress?: ReportProgress;
  readonly signal?: AbortSignal;
  /** Threads; all cores when left out. The number changes no byte of what is made. */
  readonly workers?: number;
}

export interface Built {
  readonly raw: BuiltFile;
  readonly index: BuiltFile;
  /** Undefined when packing does not pay. */
  readonly pack: BuiltFile | undefined;
  /** Those that pay, in the order of `olds`. */
  readonly deltas: readonly BuiltDelta[];
  /** What was left out, and why, for people. */
  readonly notes: readonly string[];
}

const packPays = 0.97; // of the target; less saved is not worth a second copy on every route
const targetLengthMax = 256 * 1024 ** 3; // 2^24 chunks, even if all are of the least length
const workersMax = 8; // each takes about 25 MB while it packs; with 8 the whole stays at 300

/** What one build carries along. */
interface Build {
  readonly request: BuildRequest;
  /** Holds all files until they are complete. */
  readonly scratch: string;
  readonly workers: number;
  readonly notes: string[];
}

interface FinishedDelta {
  readonly fromSha256: Sha256;
  readonly delta: Finished;
  readonly index: Finished;
}

/**
 * Makes all files of one patch: the target itself, chunk index, pack, deltas. Files appear in
 * `outDir` only when all are complete and on the disk; after a failure nothing is left there.
 * The same input gives the same bytes. Memory is bounded whatever the file's length.
 * @throws {HostError}
 * @throws the signal's reason when it fired
 */
export async function buildArtifacts(request: BuildRequest): Promise<Built> {
  const outDir = resolve(request.outDir);
  const scratch = await mkdtemp(join(outDir, ".building-")).catch((cause: unknown) => {
    throw toHostError(cause, `write in ${outDir}`);
  });
  const wished = request.workers ?? availableParallelism();
  const workers = Math.min(Math.max(wished, 1), workersMax);
  try {
    return await run({ request: { ...request, outDir }, scratch, workers, notes: [] });
  } catch (cause) {
    request.signal?.throwIfAborted(); // rather than what the interruption broke
    if (!(cause instanceof JobFailed)) throw cause;
    throw toHostError(cause, `compress ${request.file}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(build: Build): Promise<Built> {
  const { request, scratch } = build;
  const read = await readProgress(request);
  const target = await copyTarget(build, read);
  const olds: ScannedOld[] = [];
  for (const old of request.olds) {
    const scanned = await scanOld(old, read, request.signal, build.notes);
    if (scanned !== undefined) olds.push(scanned);
  }
  // Deltas first: they need the most memory, and the pack's threads leave some behind.
  const made = await makeDeltas({ ...build, ...request, target, olds });
  const pack = await packThatPays(build, target);
  const deltas = deltasThatPay(made, target, pack?.frameLengths, build.notes);
  const indexed: FinishedDelta[] = [];
  for (const { old, delta } of deltas) {
    const deltaIndex = await writeOutput(`${delta.file}.index`, indexOf(delta, undefined));
    indexed.push({ fromSha256: old.scanned.sha256, delta, index: deltaIndex });
  }
  const index = await writeOutput(join(scratch, "index"), indexOf(target, pack));
  request.signal?.throwIfAborted();
  return placeAll(build, { target, index, pack: pack?.file, deltas: indexed });
}

/** @throws {UsageError} when the file is longer than a chunk index can describe */
async function readProgress({ file, olds, onProgress }: BuildRequest): Promise<Progress> {
  const length = await fileLength(file);
  if (length !== undefined && length > targetLengthMax) {
    throw new UsageError("USAGE_ARGUMENT", `${file} is too large: a patch has at most 256 GiB.`);
  }
  let total = length ?? 0;
  for (const old of olds) total += (await fileLength(old.file)) ?? 0;
  return new Progress("read", total, onProgress);
}

async function copyTarget({ request, scratch }: Build, read: Progress): Promise<Finished> {
  const output = await Output.create(join(scratch, "target"));
  try {
    for await (const window of readWindows(request.file, request.signal)) {
      await output.write(window);
      read.add(window.length);
    }
    return await output.finish();
  } finally {
    await output.abandon();
  }
}

async function packThatPays(build: Build, target: Finished): Promise<Pack | undefined> {
  const { request, scratch, workers } = build;
  const progress = new Progress("pack", target.length, request.onProgress);
  const pool = new WorkerPool(workers);
  try {
    const file = join(scratch, "pack");
    const onBytes = (bytes: number): void => progress.add(bytes);
    const pack = await makePack({ target, file, pool, onBytes, signal: request.signal });
    if (pack.file.length < packPays * target.length) return pack;
    build.notes.push("no pack: the file is compressed already, or does not compress");
    return undefined;
  } finally {
    await pool.close();
  }
}

function indexOf(file: Finished, pack: Pack | undefined): Uint8Array {
  let packOffset = 0;
  const chunks = file.chunks.map((chunk, at) => {
    const packLength = pack?.frameLengths[at] ?? 0;
    const withFrame = { ...chunk, packOffset, packLength };
    packOffset += packLength;
    return withFrame;
  });
  return encodeChunkIndex({ target: file, pack: pack?.file, chunks });
}

interface AllFinished {
  readonly target: Finished;
  readonly index: Finished;
  readonly pack: Finished | undefined;
  readonly deltas: readonly FinishedDelta[];
}

async function placeAll({ request, notes }: Build, all: AllFinished): Promise<Built> {
  const { outDir } = request;
  const deltas: BuiltDelta[] = [];
  for (const { delta, index, fromSha256 } of all.deltas) {
    const placedIndex = await place(index, outDir);
    deltas.push({ ...(await place(delta, outDir)), fromSha256, index: placedIndex });
  }
  const built = {
    raw: await place(all.target, outDir),
    index: await place(all.index, outDir),
    pack: all.pack && (await place(all.pack, outDir)),
    deltas,
    notes,
  };
  await syncFolder(outDir);
  return built;
}
