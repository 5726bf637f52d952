import { createReadStream } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { RouteDocument } from "@causeway/client/internal/follow";
import { toHostError } from "@causeway/client/internal/host-error";
import { TargetCheck } from "@causeway/trust";
import type { FillProgress, TreeTarget } from "../fill.ts";
import type { PartFiles } from "./part-files.ts";
import { dataOffset, directoryOf, localHeader, placeEntries, type ZipEntry } from "./zip-format.ts";

/** What a bundle holds, in its order. */
export interface BundleContent {
  readonly documents: readonly RouteDocument[];
  readonly targets: readonly TreeTarget[];
}

export interface BundleLayout extends BundleContent {
  readonly entries: readonly ZipEntry[];
  readonly directoryAt: number;
  /** Of the whole bundle. */
  readonly length: number;
}

const readLength = 1024 * 1024;

/** Says where everything will lie. */
export function layOut({ documents, targets }: BundleContent): BundleLayout {
  const { entries, directoryAt } = placeEntries([
    ...documents.map(({ path, bytes }) => ({ name: path, length: bytes.length })),
    ...targets.map(({ location, target }) => {
      return { name: `targets/${location}`, length: target.length };
    }),
  ]);
  const length = directoryAt + directoryOf(entries, directoryAt).length;
  return { documents, targets, entries, directoryAt, length };
}

/**
 * Writes all of it. The targets are read from the tree, and are what was signed, or it fails.
 * @throws {TrustError} `TRUST_MISMATCH` on a file of the tree that is not what was signed
 * @throws {HostError}; the signal's reason
 */
export async function writeBundle(
  files: PartFiles,
  { documents, targets, entries, directoryAt, length }: BundleLayout,
  tree: string,
  signal: AbortSignal,
  onProgress: (progress: FillProgress) => void,
): Promise<void> {
  const written: ZipEntry[] = [];
  const put = async (index: number, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
    const entry = entries[index];
    if (entry === undefined) return;
    let at = dataOffset(entry);
    let sum = 0;
    for await (const piece of bytes) {
      await files.write(piece, at);
      sum = crc32(piece, sum);
      at += piece.length;
      onProgress({ done: at, total: length });
    }
    const whole = { ...entry, crc32: sum };
    await files.write(localHeader(whole), entry.offset);
    written.push(whole);
  };
  for (const [at, { bytes }] of documents.entries()) await put(at, [bytes]);
  for (const [at, each] of targets.entries()) {
    await put(documents.length + at, readVerified(tree, each, signal));
  }
  await files.write(directoryOf(written, directoryAt), directoryAt);
  onProgress({ done: length, total: length });
}

/** All of the file. Fails behind the last byte at the latest when it is not the target. */
async function* readVerified(
  tree: string,
  { target, location }: TreeTarget,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const path = join(tree, "targets", location);
  const check = new TargetCheck(target);
  const source = createReadStream(path, { highWaterMark: readLength })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await source.next().catch((cause: unknown) => {
        throw toHostError(cause, `read ${path}`);
      });
      if (next.done === true) break;
      signal.throwIfAborted();
      const bytes: Buffer = next.value;
      check.update(bytes);
      yield bytes;
    }
  } finally {
    await source.return?.();
  }
  check.finish();
}
