import { createHash } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";
import { type Chunk, chunkLengthsOf, encodeChunkIndex, type Sha256 } from "@causeway/kernel";
import { Dice } from "../dice.ts";

/** A file with its digest. */
export interface Blob {
  readonly bytes: Uint8Array;
  readonly sha256: Sha256;
}

/** One version of a product, and all that a publisher makes of it. */
export interface PatchFiles extends Blob {
  readonly index: Blob;
  /** Absent from a vendor that makes none. */
  readonly pack: Blob | undefined;
  /** From the version before; the first has none. */
  readonly delta: { readonly file: Blob; readonly index: Blob; readonly from: Blob } | undefined;
}

/** One that a vendor makes in version after version. */
export interface ProductLine {
  /** Of its first version. */
  readonly length: number;
  /** Whether it is packed too. */
  readonly packed: boolean;
}

/** Those that drills draw from; most are small, as drills are to be many. */
export const productLines: readonly ProductLine[] = [
  { length: 90_000, packed: true },
  { length: 140_000, packed: false },
  { length: 220_000, packed: true },
  { length: 350_000, packed: true },
  { length: 700_000, packed: false },
  { length: 1_500_000, packed: true },
];

const made = new Map<string, PatchFiles>();

/** Version number `version` of a line: the same in every world, made once. */
export function patchFiles(line: ProductLine, version: number): PatchFiles {
  const name = `${line.length} ${line.packed} ${version}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const before = version > 0 ? patchFiles(line, version - 1) : undefined;
  const files = build(nextBytes(before?.bytes, line, version), line.packed, before);
  made.set(name, files);
  return files;
}

function nextBytes(before: Uint8Array | undefined, line: ProductLine, version: number): Uint8Array {
  const dice = new Dice(line.length).fork(`version ${version}`);
  if (before === undefined) return programBytes(line.length, dice);
  // A patch changes a place here and there, and puts something in.
  const at = dice.below(before.length);
  const inserted = programBytes(dice.between(1_000, 30_000), dice);
  const bytes = Buffer.concat([before.subarray(0, at), inserted, before.subarray(at)]);
  const edits = dice.between(1, 6);
  for (let edit = 0; edit < edits; edit++) {
    bytes.set(programBytes(200, dice), dice.below(bytes.length - 200));
  }
  return bytes;
}

/** Bytes that look like a program's: half of them compress. */
function programBytes(length: number, dice: Dice): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const noise = dice.uint32();
    bytes[at] = (at >> 10) & 1 ? noise & 255 : noise & 3;
  }
  return bytes;
}

function build(bytes: Uint8Array, packed: boolean, before: PatchFiles | undefined): PatchFiles {
  const lengths = chunkLengthsOf(bytes);
  const frames: Uint8Array[] = [];
  let at = 0;
  for (const length of packed ? lengths : []) {
    frames.push(zstdCompressSync(bytes.subarray(at, at + length), { pledgedSrcSize: length }));
    at += length;
  }
  const target = blob(bytes);
  const pack = packed ? blob(Buffer.concat(frames)) : undefined;
  return {
    ...target,
    pack,
    index: indexOf(target, pack, frames),
    delta: before && deltaOf(before, target),
  };
}

function deltaOf(from: Blob, to: Blob): NonNullable<PatchFiles["delta"]> {
  const params = { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_windowLog]: 24 };
  const file = blob(zstdCompressSync(to.bytes, { dictionary: from.bytes, params }));
  return { file, index: indexOf(file, undefined, []), from };
}

function indexOf(file: Blob, pack: Blob | undefined, frames: readonly Uint8Array[]): Blob {
  let offset = 0;
  let packOffset = 0;
  const chunks = chunkLengthsOf(file.bytes).map((length, number): Chunk => {
    const packLength = frames[number]?.length ?? 0;
    const { sha256 } = blob(file.bytes.subarray(offset, offset + length));
    const chunk = { sha256, offset, length, packOffset, packLength };
    offset += length;
    packOffset += packLength;
    return chunk;
  });
  const digestOf = (each: Blob): { length: number; sha256: Sha256 } => {
    return { length: each.bytes.length, sha256: each.sha256 };
  };
  return blob(encodeChunkIndex({ target: digestOf(file), pack: pack && digestOf(pack), chunks }));
}

export function blob(bytes: Uint8Array): Blob {
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") as Sha256 };
}
