import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { bundlePartName, bundlePartsMax } from "@causeway/client/internal/bundle-files";
import { toHostError } from "@causeway/client/internal/host-error";
import { syncFolder } from "@causeway/client/internal/sync-folder";

/** Where a bundle is written. */
export interface PartPlace {
  readonly folder: string;
  readonly name: string;
  /** Of the whole. */
  readonly length: number;
  /** No file is longer. */
  readonly partBytes: number;
}

/** How many files a bundle of that length takes. */
export function partCount({ length, partBytes }: Pick<PartPlace, "length" | "partBytes">): number {
  return Math.ceil(length / partBytes);
}

/** A bundle that is being written, under names that no reader takes for one. */
export class PartFiles {
  readonly #place: PartPlace;
  readonly #handles = new Map<number, FileHandle>();

  constructor(place: PartPlace) {
    this.#place = place;
  }

  /** The names that it will have. */
  get names(): readonly string[] {
    const { name } = this.#place;
    const count = partCount(this.#place);
    if (count === 1) return [name];
    return Array.from({ length: count }, (_, at) => bundlePartName(name, at + 1));
  }

  /** Writes bytes at a position of the whole. @throws {HostError} */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    const { partBytes } = this.#place;
    for (let from = 0; from < bytes.length; ) {
      const at = Math.floor((position + from) / partBytes);
      const within = (position + from) % partBytes;
      const count = Math.min(bytes.length - from, partBytes - within);
      try {
        const handle = this.#handles.get(at) ?? (await this.#open(at));
        const { bytesWritten } = await handle.write(bytes, from, count, within);
        from += bytesWritten;
      } catch (cause) {
        throw toHostError(cause, `write ${this.#draft(at)}`);
      }
    }
  }

  /**
   * Syncs all, and gives the files their names, in place of a bundle that has them: the first part
   * last, without which readers see none.
   * @throws {HostError}
   */
  async finish(): Promise<void> {
    const { folder, name } = this.#place;
    const { names } = this;
    try {
      for (const handle of this.#handles.values()) await handle.sync();
      await this.#close();
      const isOne = names.length === 1;
      // All of them: a longer one's would be taken for parts of this one.
      if (!isOne) await this.#removeNamed([name, ...this.#leftParts(1)]);
      for (const [at, each] of [...names.entries()].toReversed()) {
        await rename(this.#draft(at), join(folder, each));
      }
      if (isOne) await this.#removeNamed(this.#leftParts(1));
      await syncFolder(folder);
    } catch (cause) {
      throw toHostError(cause, `name ${join(folder, name)}`);
    }
  }

  /** Removes what was written, where the system lets us. */
  async abandon(): Promise<void> {
    await this.#close().catch(() => undefined);
    for (const at of Array.from({ length: partCount(this.#place) }).keys()) {
      await rm(this.#draft(at), { force: true }).catch(() => undefined);
    }
  }

  /** Of an earlier bundle, from that part on. */
  #leftParts(from: number): readonly string[] {
    const { name } = this.#place;
    const count = bundlePartsMax + 1 - from;
    return Array.from({ length: count }, (_, at) => bundlePartName(name, from + at));
  }

  async #removeNamed(names: readonly string[]): Promise<void> {
    for (const each of names) await rm(join(this.#place.folder, each), { force: true });
  }

  async #open(at: number): Promise<FileHandle> {
    const draft = this.#draft(at);
    // Made anew: on somebody else's stick it may be a link that leads to a file of ours.
    await rm(draft, { force: true });
    const handle = await open(draft, "wx");
    this.#handles.set(at, handle);
    return handle;
  }

  async #close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    for (const handle of handles) await handle.close();
  }

  #draft(at: number): string {
    return join(this.#place.folder, `.${this.#place.name}.${at + 1}.tmp`);
  }
}
