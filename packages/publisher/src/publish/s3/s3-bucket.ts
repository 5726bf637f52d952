import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { InvariantBroken, namingOf } from "@causeway/kernel";
import { placeOf, type S3Config } from "../../config/carrier-config.ts";
import { CarrierError } from "../carrier-error.ts";
import { isNoSuchKey, toS3Error } from "./s3-error.ts";

// Of a repository with 400,000 patches, of which each may have ten files.
const objectsMax = 10_000_000;
const idlePagesMax = 100; // pages of a list, one after the other, that bring no object
const attemptsMax = 5; // waits for 8 s at most between them, in all
const connectMs = 15_000;
const idleMs = 60_000;

/** One bucket, below its prefix. Every failure of it is a `CarrierError`. */
export class S3Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly #place: string;
  readonly #prefix: string;
  readonly #onAlive: () => void;

  constructor(config: S3Config, onAlive: () => void) {
    const { bucket, prefix, endpoint, region, pathStyle, profile } = config;
    this.name = bucket;
    this.#place = placeOf(config);
    this.#prefix = prefix;
    this.#onAlive = onAlive;
    this.client = new S3Client({
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(profile !== undefined && { profile }),
      forcePathStyle: pathStyle,
      maxAttempts: attemptsMax,
      requestHandler: { connectionTimeout: connectMs, socketTimeout: idleMs },
      // What is sent goes by SHA-256 already: it is in the signed x-amz-content-sha256, which every
      // service checks. The newer CRC trailers are refused by many that are not Amazon's.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  key(path: string): string {
    return this.#prefix + path;
  }

  path(key: string): string {
    return key.slice(this.#prefix.length);
  }

  headers(path: string): { readonly CacheControl: string; readonly ContentType: string } {
    const { cacheControl, mediaType } = namingOf(path);
    return { CacheControl: cacheControl, ContentType: mediaType };
  }

  /** Runs one request, or a few that belong together. */
  async ask<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await act();
      this.#onAlive();
      return answer;
    } catch (cause) {
      if (cause instanceof InvariantBroken) throw cause;
      throw toS3Error(cause, this.#place);
    }
  }

  /** The length in bytes of every object of which the path starts so. */
  async list(start: string): Promise<ReadonlyMap<string, number>> {
    const lengths = new Map<string, number>();
    let token: string | undefined;
    let idlePages = 0;
    do {
      const before = lengths.size;
      const page = await this.ask(() => {
        const at = token === undefined ? {} : { ContinuationToken: token };
        const of = { Bucket: this.name, Prefix: this.key(start) };
        return this.client.send(new ListObjectsV2Command({ ...of, ...at }));
      });
      for (const { Key = "", Size = 0 } of page.Contents ?? []) lengths.set(this.path(Key), Size);
      idlePages = lengths.size > before ? 0 : idlePages + 1;
      if (lengths.size > objectsMax || idlePages > idlePagesMax) {
        throw new CarrierError("CARRIER_IO", `${this.#place}: its list of objects has no end.`);
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return lengths;
  }

  /** Replaces the object as one step. */
  async put(path: string, bytes: Uint8Array): Promise<void> {
    const object = { Bucket: this.name, Key: this.key(path), ...this.headers(path) };
    await this.ask(() => this.client.send(new PutObjectCommand({ ...object, Body: bytes })));
  }

  /** Calls `each` for the object's pieces, in order. @returns false when there is none */
  async get(
    path: string,
    lengthMax: number,
    each: (piece: Uint8Array) => Promise<void> | void,
  ): Promise<boolean> {
    return this.ask(async () => {
      try {
        const object = { Bucket: this.name, Key: this.key(path) };
        const { Body } = await this.client.send(new GetObjectCommand(object));
        let length = 0;
        for await (const piece of (Body ?? []) as AsyncIterable<Uint8Array>) {
          this.#onAlive();
          length += piece.length;
          if (length > lengthMax) throw this.fault(path, "is longer than it can be");
          await each(piece);
        }
        return true;
      } catch (cause) {
        if (isNoSuchKey(cause)) return false;
        throw cause;
      }
    });
  }

  async remove(path: string): Promise<void> {
    const object = { Bucket: this.name, Key: this.key(path) };
    await this.ask(() => this.client.send(new DeleteObjectCommand(object)));
  }

  fault(path: string, what: string): CarrierError {
    return new CarrierError("CARRIER_LIED", `${this.#place}: ${path} ${what}.`);
  }
}
