import {
  type Chunk,
  type ChunkIndex,
  decodeChunkIndex,
  decodeRelease,
  hashedTargetPath,
  isTargetPath,
  type Random,
  type ReleaseRecord,
  RouteError,
  type TargetPath,
} from "@causeway/kernel";
import { Lookup, RoleDescent, type TargetFile, type TrustedSet, type Want } from "@causeway/trust";
import { type ChunkSource, rangeIn, unpack } from "../fetch/chunk-source.ts";
import { sha256Of, VerifiedChunk } from "../fetch/chunk-verified.ts";
import { unlessRefused } from "../metadata/trust-state.ts";
import type { Document } from "../routes/document.ts";
import { verified } from "../routes/document.ts";

/** A patch of the current state, of which routes are asked for a few chunks. */
export interface Sample {
  readonly path: TargetPath;
  readonly index: ChunkIndex;
  readonly sources: readonly ChunkSource[];
}

/** What is asked of one route, and what has to come. */
export interface Piece {
  readonly source: ChunkSource;
  readonly chunks: readonly Chunk[];
  readonly range: { readonly start: number; readonly end: number };
}

/** How a sample's documents are had: from one route. Throw as `fetchDocument`. */
export interface SampleSource {
  metadata(want: Want): Promise<Document>;
  /** Bytes of a role's file; undefined for one whose patches are not to be drawn. */
  lengthOf(role: string): number | undefined;
  file(path: string, lengthMax: number): Promise<Document>;
}

/** Patches are like it, as far as delegations tell. */
const anyPatch = "patches/a/1/any/a";
const drawsMax = 24; // a role without any patch is drawn now and then
const indexLengthMax = 64 * 1024 * 1024; // of a 100 GiB target

/**
 * A patch that nobody can foresee. Undefined when none was found that has any bytes.
 * @throws {RouteError} {TrustError} the route lacks a part of the state, or has another one
 */
export async function drawSample(
  refreshed: TrustedSet,
  from: SampleSource,
  random: Random,
): Promise<Sample | undefined> {
  let set = refreshed;
  for (let draw = 0; draw < drawsMax; draw++) {
    const descent = new RoleDescent(set, anyPatch, random, (role) => from.lengthOf(role));
    for (let { want } = descent; want !== undefined; want = descent.want) {
      verified(await from.metadata(want), (bytes) => descent.offer(bytes));
    }
    ({ set } = descent);
    const patches = [...descent.targets.entries.entries()].flatMap(([path, { custom }]) => {
      const isPatch = isTargetPath(path) && unlessRefused(() => decodeRelease(custom, path));
      return isPatch ? [path] : [];
    });
    const path = oneOf(patches, random);
    const found = path && (await lookUp(set, path, from));
    const sample = found && (await sampleOf(found, from));
    if (sample !== undefined && sample.index.chunks.length > 0) return sample;
  }
  return undefined;
}

interface Patch {
  readonly path: TargetPath;
  readonly target: TargetFile;
  readonly release: ReleaseRecord;
}

/** What the role that speaks for the path says: another one may only have named it. */
async function lookUp(
  set: TrustedSet,
  path: TargetPath,
  from: SampleSource,
): Promise<Patch | undefined> {
  const lookup = new Lookup(set, path, 0); // who has let it expire is told by the walk
  for (let { want } = lookup; want !== undefined; want = lookup.want) {
    verified(await from.metadata(want), (bytes) => lookup.offer(bytes));
  }
  const target = lookup.found;
  const release = target && unlessRefused(() => decodeRelease(target.custom, path));
  return release && { path, target, release };
}

async function sampleOf(patch: Patch, from: SampleSource): Promise<Sample | undefined> {
  const { path, target, release } = patch;
  const { length, sha256 } = release.index;
  if (length > indexLengthMax) return undefined;
  const file = `targets/${hashedTargetPath(release.index.path, sha256)}`;
  const bytes = verified(await from.file(file, length), (got) => {
    if (got.length === length && sha256Of(got) === sha256) return got;
    throw new RouteError("ROUTE_LIED", file, `sent other bytes than the signed ones as ${file}`);
  });
  const index = unlessRefused(() => decodeChunkIndex(bytes, release.index.path));
  const isOfPatch = index?.target.sha256 === target.hashes.get("sha256");
  if (index === undefined || !isOfPatch || index.target.length !== target.length) return undefined;
  return { path, index, sources: sourcesOf(patch) };
}

function sourcesOf({ path, target, release }: Patch): readonly ChunkSource[] {
  const raw = {
    kind: "raw",
    path: `targets/${target.locations[0] ?? path}`,
    length: target.length,
    ranged: true,
  } as const;
  const { pack } = release;
  if (pack === undefined) return [raw];
  const packed = `targets/${hashedTargetPath(pack.path, pack.sha256)}`;
  return [raw, { kind: "pack", path: packed, length: pack.length, ranged: true }];
}

/** A random run of chunks, at least one, from one of the files that have them. */
export function drawPiece(sample: Sample, random: Random, bytesMax: number): Piece | undefined {
  const { chunks } = sample.index;
  const source = oneOf(sample.sources, random);
  const first = Math.floor(share(random) * chunks.length);
  if (source === undefined) return undefined;
  const run: Chunk[] = [];
  for (let at = first, length = 0; ; at++) {
    const chunk = chunks.at(at);
    if (chunk === undefined) break;
    const { start, end } = rangeIn(source, chunk);
    length += end - start;
    if (run.length > 0 && length > bytesMax) break;
    run.push(chunk);
  }
  const [head, tail] = [run[0], run.at(-1)];
  if (head === undefined || tail === undefined) return undefined;
  const range = { start: rangeIn(source, head).start, end: rangeIn(source, tail).end };
  return { source, chunks: run, range };
}

/** @throws {RouteError} `ROUTE_LIED` */
export function checkPiece({ source, chunks, range }: Piece, bytes: Uint8Array, url: string): void {
  for (const chunk of chunks) {
    const { start, end } = rangeIn(source, chunk);
    const own = bytes.subarray(start - range.start, end - range.start);
    VerifiedChunk.delivered(unpack(source, own, chunk), chunk, url);
  }
}

function oneOf<Value>(values: readonly Value[], random: Random): Value | undefined {
  return values[Math.floor(share(random) * values.length)];
}

/** From 0 up to, and not, 1. */
function share(random: Random): number {
  return random.uint32() / 2 ** 32;
}
