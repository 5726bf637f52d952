import { createHash, hash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { type Artifact, HostError, invariant } from "@causeway/kernel";
import { readFileUpTo, writeDurably } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";

/** Digests of a file and of its pieces, which other formats than ours are made of. */
export interface Pieces {
  /** Bytes of each piece but the last: a power of two. */
  readonly pieceLength: number;
  /** 20 bytes for each piece (BEP 3). */
  readonly sha1: Uint8Array;
  /** 32 bytes for each piece. */
  readonly sha256: Uint8Array;
  /** Of the whole file: 64 bytes. */
  readonly sha512: Uint8Array;
}

const KiB = 1024;
// Between them, what all BitTorrent clients take; a reader loses one piece to a bad byte.
const pieceLengthMin = 256 * KiB;
const pieceLengthMax = 16 * 1024 * KiB;
const piecesWanted = 2048; // up to there, a .torrent stays below 50 kB
const fileBytesMax = 4 * 1024 * KiB; // that of 256 GiB has 16,384 pieces

export function pieceLengthOf(length: number): number {
  let pieceLength = pieceLengthMin;
  while (pieceLength < pieceLengthMax && length / pieceLength > piecesWanted) pieceLength *= 2;
  return pieceLength;
}

/**
 * What was kept of the file, or else read from it and kept.
 * @param file holds the target's bytes
 * @throws {HostError} `HOST_CORRUPT_STATE` when it holds others
 */
export async function piecesOf(
  folder: VendorFolder,
  target: Artifact,
  file: string,
  signal?: AbortSignal,
): Promise<Pieces> {
  const path = join(folder.pieces, `${target.sha256}.json`);
  const kept = await readFileUpTo(path, fileBytesMax);
  const known = kept && decodePieces(kept, target.length);
  if (known !== undefined) return known;
  const pieces = await readPieces(file, target, signal);
  await writeDurably({ path, bytes: encodePieces(pieces) }, { scratch: folder.work });
  return pieces;
}

async function readPieces(
  path: string,
  target: Artifact,
  signal: AbortSignal | undefined,
): Promise<Pieces> {
  const pieceLength = pieceLengthOf(target.length);
  const sha1: Uint8Array[] = [];
  const sha256: Uint8Array[] = [];
  const [whole256, whole512] = [createHash("sha256"), createHash("sha512")];
  let length = 0;
  try {
    await using file = await open(path);
    const buffer = new Uint8Array(pieceLength);
    for (;;) {
      signal?.throwIfAborted();
      const piece = buffer.subarray(0, await fill(file, buffer));
      if (piece.length === 0) break;
      length += piece.length;
      sha1.push(hash("sha1", piece, "buffer"));
      sha256.push(hash("sha256", piece, "buffer"));
      whole256.update(piece);
      whole512.update(piece);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw toHostError(cause, `read ${path}`);
  }
  if (length !== target.length || whole256.digest("hex") !== target.sha256) {
    const message = `${path} is damaged: it is not what was added. Run causeway publish --every-byte.`;
    throw new HostError("HOST_CORRUPT_STATE", message);
  }
  return {
    pieceLength,
    sha1: Buffer.concat(sha1),
    sha256: Buffer.concat(sha256),
    sha512: whole512.digest(),
  };
}

/** @returns how many bytes there were; less than the buffer holds only at the file's end */
async function fill(file: Awaited<ReturnType<typeof open>>, buffer: Uint8Array): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

const digestNames = ["sha1", "sha256", "sha512"] as const;

function encodePieces(pieces: Pieces): Uint8Array {
  const base64 = digestNames.map((name) => [name, Buffer.from(pieces[name]).toString("base64")]);
  const value = { pieceLength: pieces.pieceLength, ...Object.fromEntries(base64) };
  return Buffer.from(JSON.stringify(value));
}

/** @returns undefined when it is damaged, or was made with other pieces */
function decodePieces(bytes: Uint8Array, length: number): Pieces | undefined {
  const pieceLength = pieceLengthOf(length);
  const count = Math.ceil(length / pieceLength);
  try {
    const value = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    const [sha1, sha256, sha512] = digestNames.map((name) => {
      return Buffer.from(String(value[name]), "base64");
    });
    invariant(sha1 !== undefined && sha256 !== undefined && sha512 !== undefined, "three digests");
    const isWhole =
      value["pieceLength"] === pieceLength &&
      sha1.length === 20 * count &&
      sha256.length === 32 * count &&
      sha512.length === 64;
    return isWhole ? { pieceLength, sha1, sha256, sha512 } : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
