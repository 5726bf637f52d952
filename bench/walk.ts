import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Accepted, Lookup, Refresh, TrustedSet, type Want } from "@causeway/trust";
import { type Fetcher, Updater } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";

type Files = ReadonlyMap<string, Uint8Array>;

/** A client's metadata, all of it from memory: what it reads, and what the reading costs. */
export class Walk {
  /** Bytes of each file that was read, in order. */
  readonly read = new Map<string, number>();
  readonly #files: Files;
  readonly #pinned: Uint8Array;
  readonly #now: number;
  /** What a client keeps for the next start. */
  readonly #kept = new Map<string, Uint8Array>();
  #set: TrustedSet;

  /** Knows nothing but the pinned root. */
  constructor(files: Files, pinned: Uint8Array, now: number) {
    this.#files = files;
    this.#pinned = pinned;
    this.#now = now;
    this.#set = TrustedSet.open(pinned, this.#kept, now);
  }

  /** As after a restart: verifies anew what is kept. */
  restart(): void {
    this.#set = TrustedSet.open(this.#pinned, this.#kept, this.#now);
  }

  get bytes(): number {
    return [...this.read.values()].reduce((sum, length) => sum + length, 0);
  }

  refresh(): void {
    const refresh = new Refresh(this.#set, this.#now);
    for (let want = refresh.want; want !== undefined; want = refresh.want) {
      const bytes = this.#read(want);
      this.#keep(bytes === undefined ? refresh.absent() : refresh.offer(bytes));
    }
    this.#set = refresh.set;
  }

  find(path: string): void {
    const lookup = new Lookup(this.#set, path, this.#now);
    for (let want = lookup.want; want !== undefined; want = lookup.want) {
      this.#keep(lookup.offer(this.#read(want) ?? new Uint8Array()));
    }
    this.#set = lookup.set;
    if (lookup.found === undefined)
      throw new Error(`${path} was not found`, { cause: lookup.fault });
  }

  #keep({ write, remove }: Accepted): void {
    for (const { name, bytes } of write) this.#kept.set(name, bytes);
    for (const name of remove) this.#kept.delete(name);
  }

  #read(want: Want): Uint8Array | undefined {
    const bytes = this.#files.get(want.path);
    if (bytes !== undefined) this.read.set(want.path, bytes.length);
    return bytes;
  }
}

class MemoryFetcher implements Fetcher {
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  downloadBytes(url: string): Promise<Buffer> {
    const bytes = this.#files.get(url.slice("http://memory/".length));
    return bytes === undefined
      ? Promise.reject(new DownloadHTTPError("there is no such file", 404))
      : Promise.resolve(Buffer.from(bytes));
  }

  downloadFile(): never {
    throw new Error("no target is fetched here");
  }
}

/** The same walk by tuf-js; it keeps what it reads in a folder. */
export class PeerWalk implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  readonly #files: Files;
  #updater: Updater;

  constructor(files: Files, pinned: Uint8Array) {
    this.#files = files;
    mkdirSync(join(this.#folder, "targets"));
    writeFileSync(join(this.#folder, "root.json"), pinned);
    this.#updater = this.#open();
  }

  /** As after a restart: with what is in the folder. */
  restart(): void {
    this.#updater = this.#open();
  }

  async refresh(): Promise<void> {
    await this.#updater.refresh();
  }

  async find(path: string): Promise<void> {
    const found = await this.#updater.getTargetInfo(path);
    if (found === undefined) throw new Error(`${path} was not found by tuf-js`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #open(): Updater {
    return new Updater({
      metadataDir: this.#folder,
      metadataBaseUrl: "http://memory",
      targetDir: join(this.#folder, "targets"),
      targetBaseUrl: "http://memory",
      fetcher: new MemoryFetcher(this.#files),
      // Its own bounds are below what is measured here.
      config: { snapshotMaxLength: 2 ** 25, targetsMaxLength: 2 ** 25 },
    });
  }
}
