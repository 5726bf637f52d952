import { rm } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { canonicalJson, HostError, Interrupted, invariant, type JsonInput } from "@causeway/kernel";
import { digestOfFile, sha256Of } from "../disk/digest.ts";
import { fileLength, type NewFile, readFileUpTo, writeAllDurably } from "../disk/files.ts";
import type { Log } from "../log.ts";
import {
  decodePageList,
  encodePageList,
  isPagePath,
  type PageGroup,
  pageListBytesMax,
  pageListPath,
} from "./page-list.ts";

/** A file below `security/`. */
export interface Page {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Pages that are made together, and what they are made from. */
export interface PageSource {
  readonly key: string;
  /** All that the pages depend on. */
  readonly inputs: JsonInput;
  readonly make: () => Promise<readonly Page[]>;
}

export interface WritePagesOptions {
  readonly scratch: string;
  /** Read those whose inputs are as they were, too, and make anew what was changed. */
  readonly everyByte: boolean;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly log: Log;
}

/** Raise it whenever the same inputs give other pages: then all are made anew. */
const format = 1;
const heldBytesMax = 8 * 1024 * 1024; // of pages that are made and not written yet

/**
 * Brings `security/` to what the sources make; makes only what has changed, removes what has no
 * source any more. Safe to kill at any instant and to run again.
 * @returns bytes that were written
 * @throws {HostError}
 */
export async function writePages(
  repository: string,
  sources: readonly PageSource[],
  options: WritePagesOptions,
): Promise<number> {
  return new Writing(repository, options).run(sources);
}

class Writing {
  readonly #repository: string;
  readonly #options: WritePagesOptions;
  readonly #held: NewFile[] = [];
  #heldBytes = 0;
  #bytes = 0;

  constructor(repository: string, options: WritePagesOptions) {
    this.#repository = repository;
    this.#options = options;
  }

  async run(sources: readonly PageSource[]): Promise<number> {
    const listFile = join(this.#repository, pageListPath);
    const before = await readFileUpTo(listFile, pageListBytesMax);
    const last = new Map(decodePageList(before).map((group) => [group.key, group]));
    const groups = new Map<string, PageGroup>();
    const changed: (PageSource & Pick<PageGroup, "fingerprint">)[] = [];
    for (const source of sources) {
      const fingerprint = sha256Of(canonicalJson({ format, inputs: source.inputs }));
      const group = last.get(source.key);
      if (group?.fingerprint === fingerprint && (await this.#isKept(group))) {
        groups.set(source.key, group);
      } else changed.push({ ...source, fingerprint });
    }
    const gone = [...last.values()].filter(({ key }) => !groups.has(key));
    // What is about to change is listed no more before it does: a kill must not leave a list that
    // takes new files for old ones.
    if (gone.length > 0) await this.#writeList(groups);
    for (const [at, { key, fingerprint, make }] of changed.entries()) {
      if (this.#options.signal?.aborted === true) throw new Interrupted();
      this.#options.onProgress(at, changed.length);
      const pages = await this.#made(make);
      if (pages === undefined) continue;
      groups.set(key, { key, fingerprint, files: pages.map((page) => this.#hold(page)) });
      if (this.#heldBytes > heldBytesMax) await this.#flush();
    }
    await this.#flush();
    await this.#removeOthers(gone, groups);
    if (changed.length > 0 || gone.length > 0) await this.#writeList(groups);
    if (changed.length > 0) this.#options.onProgress(changed.length, changed.length);
    return this.#bytes;
  }

  /** Undefined when a file that pages are made from is damaged: the next run tries again. */
  async #made(make: PageSource["make"]): Promise<readonly Page[] | undefined> {
    try {
      return await make();
    } catch (error) {
      // No reason to hold up a patch: the carriers may have a good copy.
      if (!(error instanceof HostError) || error.code !== "HOST_CORRUPT_STATE") throw error;
      this.#options.log({
        level: "warning",
        message: `not all pages were made: ${error.message}`,
      });
      return undefined;
    }
  }

  async #isKept({ files }: PageGroup): Promise<boolean> {
    for (const { path, length, sha256 } of files) {
      const file = join(this.#repository, path);
      if ((await fileLength(file)) !== length) return false;
      if (this.#options.everyByte && (await digestOfFile(file)) !== sha256) return false;
    }
    return true;
  }

  #hold({ path: name, bytes }: Page): PageGroup["files"][number] {
    const path = `security/${name}`;
    invariant(isPagePath(path), "a page has a path that every route serves");
    this.#held.push({ path: join(this.#repository, path), bytes });
    this.#heldBytes += bytes.length;
    return { path, length: bytes.length, sha256: sha256Of(bytes) };
  }

  async #flush(): Promise<void> {
    const files: NewFile[] = [];
    for (const file of this.#held) {
      const there = await readFileUpTo(file.path, pageListBytesMax);
      if (there === undefined || Buffer.compare(there, file.bytes) !== 0) files.push(file);
    }
    this.#held.length = 0;
    this.#heldBytes = 0;
    await this.#write(files);
  }

  async #write(files: readonly NewFile[]): Promise<void> {
    if (files.length === 0) return;
    await writeAllDurably(files, { scratch: this.#options.scratch });
    for (const { bytes } of files) this.#bytes += bytes.length;
  }

  async #writeList(groups: ReadonlyMap<string, PageGroup>): Promise<void> {
    const sorted = [...groups.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    await this.#write([
      { path: join(this.#repository, pageListPath), bytes: encodePageList(sorted) },
    ]);
  }

  async #removeOthers(
    gone: readonly PageGroup[],
    groups: ReadonlyMap<string, PageGroup>,
  ): Promise<void> {
    const wanted = new Set([...groups.values()].flatMap(({ files }) => files.map((f) => f.path)));
    for (const { path } of gone.flatMap(({ files }) => files)) {
      if (wanted.has(path)) continue;
      try {
        await rm(join(this.#repository, path), { force: true });
      } catch (cause) {
        throw toHostError(cause, `remove ${path}`);
      }
    }
  }
}
