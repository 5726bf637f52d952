import { createHash } from "node:crypto";
import type { FileNaming } from "@causeway/kernel";
import { type BlockCache, blockCount } from "./block-cache.ts";
import { fixedHeaders, type HeaderList, headerList } from "./headers.ts";
import { toHttpDate } from "./http-date.ts";
import { hashedBytesMax } from "./limits.ts";
import type { OpenFile } from "./open-file.ts";
import type { Validators } from "./preconditions.ts";

/** An open file with what every answer about it says. */
export interface ServedFile {
  readonly file: OpenFile;
  readonly validators: Validators;
  /** Headers of every answer about it. */
  readonly headers: HeaderList;
  /** Headers of an answer with all of its bytes. */
  readonly wholeHeaders: HeaderList;
  readonly mediaType: string;
  /** All of its bytes, each a character, once a small file was asked for as a whole. */
  text?: string;
}

/** @param link value of the `Link` header, if it has one */
export async function describe(
  file: OpenFile,
  naming: FileNaming,
  blocks: BlockCache,
  link: string | undefined,
): Promise<ServedFile> {
  const digest = naming.sha256 ?? (await digestOf(file, blocks));
  const etag = `"${digest ?? file.stamp}"`;
  const modifiedMs = Math.min(file.modifiedMs, Math.floor(Date.now() / 1000) * 1000);
  const headers = headerList({
    ETag: etag,
    "Last-Modified": toHttpDate(modifiedMs),
    "Cache-Control": naming.cacheControl,
    "Accept-Ranges": "bytes",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Range, ETag, Link, Repr-Digest",
    "X-Content-Type-Options": "nosniff",
    "Repr-Digest": digest === undefined ? undefined : reprDigest(digest),
    Link: link,
  });
  const body = headerList({
    "Content-Type": naming.mediaType,
    "Content-Length": String(file.size),
  });
  return {
    file,
    validators: { etag, modifiedMs, fixed: naming.sha256 !== undefined },
    headers: fixedHeaders(headers),
    wholeHeaders: fixedHeaders([...headers, ...body]),
    mediaType: naming.mediaType,
  };
}

/**
 * The field of RFC 9530. For a hashed target it repeats the name's hash and the file is not
 * hashed again: it says what the bytes are meant to be, so a reader finds out when our disk has
 * damaged them, and a digest of the damaged bytes would hide just that. Nobody trusts it more
 * than the route; what vouches for the bytes is the signed metadata.
 */
function reprDigest(hex: string): string {
  return `sha-256=:${Buffer.from(hex, "hex").toString("base64")}:`;
}

async function digestOf(file: OpenFile, blocks: BlockCache): Promise<string | undefined> {
  if (file.size > hashedBytesMax) return undefined;
  const hash = createHash("sha256");
  for (let index = 0; index < blockCount(file.size); index++) {
    hash.update(await blocks.get(file, index));
  }
  return hash.digest("hex");
}
