import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { toHostError } from "@causeway/client/internal/host-error";
import {
  forEachBounded,
  type HostError,
  type Instant,
  namingOf,
  type Sha256,
} from "@causeway/kernel";
import { placeOf, type S3Config } from "../../config/carrier-config.ts";
import { digestOfFile, sha256Of } from "../../disk/digest.ts";
import { readFileUpTo } from "../../disk/files.ts";
import type { CarrierActs, Source } from "../carrier.ts";
import type { TreeFile } from "../tree.ts";
import { S3Bucket } from "./s3-bucket.ts";
import { partBytesMin, S3Uploads } from "./s3-uploads.ts";

const removedAtOnce = 8;
// A bucket may hold other things, of which we need not know.
const areas = ["metadata/", "targets/", "security/"] as const;

/**
 * Writes the tree to a bucket. An object appears as a whole or not at all, which S3 itself
 * promises. What its service says of success is not believed: each object is read back.
 */
export class S3Carrier implements CarrierActs {
  readonly #place: string;
  readonly #bucket: S3Bucket;
  readonly #uploads: S3Uploads;
  readonly #now: () => Instant;
  readonly #onAlive: () => void;
  readonly #lengths = new Map<string, number>();

  constructor(config: S3Config, onAlive: () => void, now: () => Instant = Date.now) {
    this.#place = placeOf(config);
    this.#bucket = new S3Bucket(config, onAlive);
    this.#uploads = new S3Uploads(this.#bucket);
    this.#now = now;
    this.#onAlive = onAlive;
  }

  place(): Promise<string> {
    return Promise.resolve(this.#place);
  }

  async prepare(): Promise<void> {
    for (const area of areas) {
      for (const [path, length] of await this.#bucket.list(area)) this.#lengths.set(path, length);
    }
    await this.#uploads.prepare("targets/", this.#now());
  }

  length(path: string): Promise<number | undefined> {
    return Promise.resolve(this.#lengths.get(path));
  }

  async sha256(path: string): Promise<Sha256> {
    const digest = await this.#digest(path, this.#lengths.get(path) ?? 0);
    if (digest === undefined) throw this.#bucket.fault(path, "is listed there, but is not there");
    return digest;
  }

  async read(path: string, lengthMax: number): Promise<Uint8Array | undefined> {
    if ((this.#lengths.get(path) ?? Infinity) > lengthMax) return undefined;
    const pieces: Uint8Array[] = [];
    const isThere = await this.#bucket.get(path, lengthMax, (piece) => void pieces.push(piece));
    return isThere ? Buffer.concat(pieces) : undefined;
  }

  async write(file: TreeFile, source: Source): Promise<boolean> {
    const { path, length, sha256 } = file;
    if (source.kind === "file" && length > partBytesMin) {
      if ((await digestOfFile(source.path, this.#onAlive)) !== sha256) return false;
      await this.#uploads.upload(file, source.path);
    } else {
      const bytes =
        source.kind === "bytes" ? source.bytes : await readFileUpTo(source.path, partBytesMin);
      if (bytes === undefined || sha256Of(bytes) !== sha256) return false;
      await this.#bucket.put(path, bytes);
    }
    await this.#readBack(file);
    this.#lengths.set(path, length);
    return true;
  }

  async fetch(file: TreeFile, to: string): Promise<boolean> {
    const hash = createHash("sha256");
    const host = (cause: unknown): HostError => toHostError(cause, `write ${to}`);
    const handle = await open(to, "w", 0o644).catch((cause: unknown) => {
      throw host(cause);
    });
    try {
      const isThere = await this.#bucket.get(file.path, file.length, async (piece) => {
        hash.update(piece);
        await handle.writeFile(piece).catch((cause: unknown) => {
          throw host(cause);
        });
      });
      await handle.sync();
      return isThere && hash.digest("hex") === file.sha256;
    } finally {
      await handle.close();
    }
  }

  list(): Promise<readonly string[]> {
    const paths = [...this.#lengths.keys()];
    return Promise.resolve(paths.filter((path) => /^(metadata|targets)\//.test(path)));
  }

  async remove(paths: readonly string[]): Promise<void> {
    await forEachBounded(paths, removedAtOnce, (path) => this.#bucket.remove(path));
  }

  finish(): Promise<void> {
    return Promise.resolve(); // what was begun and not finished, the next run goes on with
  }

  async #digest(path: string, lengthMax: number): Promise<Sha256 | undefined> {
    const hash = createHash("sha256");
    const isThere = await this.#bucket.get(path, lengthMax, (piece) => void hash.update(piece));
    return isThere ? (hash.digest("hex") as Sha256) : undefined;
  }

  async #readBack({ path, length, sha256 }: TreeFile): Promise<void> {
    const digest = await this.#digest(path, length);
    if (digest === sha256) return;
    // By its name and length it would pass for the right one in the next run.
    if (digest !== undefined && namingOf(path).sha256 !== undefined)
      await this.#bucket.remove(path);
    const what = digest === undefined ? "is not there" : "reads back with other bytes";
    throw this.#bucket.fault(path, `was taken, but ${what}; ask who runs that service`);
  }
}
