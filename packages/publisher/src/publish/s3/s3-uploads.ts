import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { toHostError } from "@causeway/client/internal/host-error";
import { forEachBounded, HostError, type Instant } from "@causeway/kernel";
import type { TreeFile } from "../tree.ts";
import type { S3Bucket } from "./s3-bucket.ts";

/** Bytes of a part: the least that S3 takes, as a part is all that a slow line shows of itself. */
export const partBytesMin = 5 * 1024 * 1024;
const partsMax = 10_000; // of one object, by S3
const partsAtOnce = 4;
const uploadsMax = 100_000;
const staleMs = 7 * 86_400_000; // whoever publishes once a week goes on where it stopped

/** Long files go up in parts; what a killed run has brought is not sent again. */
export class S3Uploads {
  readonly #bucket: S3Bucket;
  /** The newest unfinished upload of each key. */
  readonly #unfinished = new Map<string, { readonly id: string; readonly begun: Instant }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  /** Learns what was left unfinished, and removes what nobody will go on with: it costs storage. */
  async prepare(start: string, now: Instant): Promise<void> {
    const { client, name } = this.#bucket;
    let from: Pick<ListMultipartUploadsCommandOutput, "NextKeyMarker" | "NextUploadIdMarker"> = {};
    let isMore = true;
    for (let count = 0; isMore && count < uploadsMax; ) {
      const page = await this.#bucket.ask(() => {
        const at = { KeyMarker: from.NextKeyMarker, UploadIdMarker: from.NextUploadIdMarker };
        const of = { Bucket: name, Prefix: this.#bucket.key(start), ...at };
        return client.send(new ListMultipartUploadsCommand(of));
      });
      for (const { Key = "", UploadId = "", Initiated } of page.Uploads ?? []) {
        count++;
        await this.#learn(Key, UploadId, Initiated?.getTime() ?? now, now);
      }
      isMore = page.IsTruncated === true && page.NextKeyMarker !== undefined;
      from = page;
    }
  }

  /** One file at a time: the parts of several would hold each other up. */
  upload(file: TreeFile, from: string): Promise<void> {
    const mine = this.#turn.then(() => this.#upload(file, from));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #learn(key: string, id: string, begun: Instant, now: Instant): Promise<void> {
    const other = this.#unfinished.get(key);
    if (now - begun > staleMs) return this.#abort(key, id);
    if (other !== undefined && other.begun >= begun) return this.#abort(key, id);
    this.#unfinished.set(key, { id, begun });
    if (other !== undefined) await this.#abort(key, other.id);
  }

  async #upload({ path, length }: TreeFile, from: string): Promise<void> {
    const { client, name } = this.#bucket;
    const key = this.#bucket.key(path);
    const partBytes = Math.max(partBytesMin, Math.ceil(length / partsMax));
    const id = this.#unfinished.get(key)?.id ?? (await this.#begin(path));
    const there = await this.#parts(key, id);
    const count = Math.ceil(length / partBytes);
    const tags: string[] = [];
    await forEachBounded(
      Array.from({ length: count }).map((_, at) => at),
      partsAtOnce,
      async (at) => {
        const begin = at * partBytes;
        const bytes = await readPart(from, begin, Math.min(partBytes, length - begin));
        const md5 = createHash("md5").update(bytes).digest("hex"); // what a part's tag is
        if (there.get(at + 1) === `"${md5}"`) {
          tags[at] = `"${md5}"`;
          return;
        }
        const part = { Bucket: name, Key: key, UploadId: id, PartNumber: at + 1, Body: bytes };
        const { ETag } = await this.#bucket.ask(() => client.send(new UploadPartCommand(part)));
        tags[at] = ETag ?? "";
      },
    );
    const Parts = tags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
    const whole = { Bucket: name, Key: key, UploadId: id, MultipartUpload: { Parts } };
    await this.#bucket.ask(() => client.send(new CompleteMultipartUploadCommand(whole)));
    this.#unfinished.delete(key);
  }

  async #begin(path: string): Promise<string> {
    const { client, name } = this.#bucket;
    const object = { Bucket: name, Key: this.#bucket.key(path), ...this.#bucket.headers(path) };
    const begun = await this.#bucket.ask(() => {
      return client.send(new CreateMultipartUploadCommand(object));
    });
    return begun.UploadId ?? "";
  }

  /** The tags of the parts that are there, by their numbers. */
  async #parts(key: string, id: string): Promise<ReadonlyMap<number, string>> {
    const { client, name } = this.#bucket;
    const tags = new Map<number, string>();
    let marker: string | undefined;
    do {
      const page = await this.#bucket.ask(() => {
        const at = marker === undefined ? {} : { PartNumberMarker: marker };
        return client.send(new ListPartsCommand({ Bucket: name, Key: key, UploadId: id, ...at }));
      });
      for (const { PartNumber = 0, ETag = "" } of page.Parts ?? []) tags.set(PartNumber, ETag);
      marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined && tags.size < partsMax);
    return tags;
  }

  async #abort(key: string, id: string): Promise<void> {
    const { client, name } = this.#bucket;
    const upload = { Bucket: name, Key: key, UploadId: id };
    await this.#bucket.ask(() => client.send(new AbortMultipartUploadCommand(upload)));
  }
}

async function readPart(path: string, begin: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  try {
    const handle = await open(path);
    try {
      const { bytesRead } = await handle.read(bytes, 0, length, begin);
      if (bytesRead === length) return bytes;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw toHostError(cause, `read ${path}`);
  }
  throw new HostError("HOST_REPLACED", `${path} became shorter while it was read.`);
}
