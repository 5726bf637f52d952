import {
  type Chunk,
  type ChunkIndex,
  type FileHandle,
  HostError,
  invariant,
  type Sha256,
  type Store,
} from "@causeway/kernel";
import { VerifiedChunk } from "../fetch/chunk-verified.ts";
import { ChunkNames } from "./chunk-names.ts";
import { readFully } from "./chunk-read.ts";
import {
  decodeJournal,
  encodeJournal,
  encodeJournalEntries,
  journalLengthMax,
} from "./partial-journal.ts";
import type { PartialNames } from "./partial-names.ts";
import { SyncAlong, type SyncPace } from "./sync-along.ts";
import { WholeHash } from "./whole-hash.ts";

/**
 * A target that is not whole yet: a file of the target's length beside its final place, and a
 * journal of the chunks that are in it. Killed at any instant, it opens again with every chunk
 * whose bytes and journal entry reached the disk.
 */
export class Partial {
  readonly index: ChunkIndex;
  readonly names: ChunkNames;
  readonly #store: Store;
  readonly #files: PartialNames;
  readonly #part: FileHandle;
  readonly #journal: FileHandle;
  readonly #syncs: SyncAlong;
  readonly #here: Uint8Array;
  #hereLength = 0;
  #startCount = 0; // chunks that are here from the first one on, without a gap
  #wholeHash: WholeHash | undefined;
  #journalLength = 0;
  #closed = false;

  private constructor(
    place: { readonly store: Store; readonly files: PartialNames },
    index: ChunkIndex,
    pace: SyncPace,
    handles: { readonly part: FileHandle; readonly journal: FileHandle },
  ) {
    this.#store = place.store;
    this.#files = place.files;
    this.index = index;
    this.names = new ChunkNames(index.chunks);
    this.#syncs = new SyncAlong(pace, () => this.#syncBoth());
    this.#part = handles.part;
    this.#journal = handles.journal;
    this.#here = new Uint8Array(index.chunks.length);
  }

  /**
   * Opens what an earlier run left, or starts. Each chunk that the journal names is hashed.
   * @throws {HostError}
   * @throws the signal's reason
   */
  static async open(
    place: { readonly store: Store; readonly files: PartialNames },
    index: ChunkIndex,
    pace: SyncPace,
    signal: AbortSignal,
  ): Promise<Partial> {
    const part = await place.store.open(place.files.part, "create");
    try {
      const journal = await place.store.open(place.files.journal, "create");
      const partial = new Partial(place, index, pace, { part, journal });
      try {
        await partial.#resume(signal);
        return partial;
      } catch (error) {
        await journal.close();
        throw error;
      }
    } catch (error) {
      await part.close();
      throw error;
    }
  }

  /** Bytes of the target that are here. */
  get hereLength(): number {
    return this.#hereLength;
  }

  get whole(): boolean {
    return this.#hereLength === this.index.target.length;
  }

  has(number: number): boolean {
    return this.#here[number] === 1;
  }

  /** The lowest number of each chunk that is missing, ascending. */
  missing(): readonly number[] {
    return this.#numbers(false).filter((number) => this.names.isFirst(number));
  }

  /**
   * Writes a chunk wherever the target has it and it is not here yet.
   * @returns the numbers at which it was written
   * @throws {HostError}
   */
  async keep(chunk: VerifiedChunk): Promise<readonly number[]> {
    const written: number[] = [];
    for (const number of this.names.allOf(chunk.sha256)) {
      if (this.has(number)) continue;
      await this.#part.writeAt(chunk.bytes, this.#chunk(number).offset);
      if (this.has(number)) continue; // a race brought the same bytes meanwhile
      this.#add(number);
      written.push(number);
    }
    if (written.length === 0) return written;
    const entries = encodeJournalEntries(written);
    const at = this.#journalLength;
    this.#journalLength += entries.length;
    await this.#journal.writeAt(entries, at);
    this.#followStart();
    await this.#syncs.wrote(chunk.bytes.length * written.length);
    return written;
  }

  /** The target's bytes from `position` on, as far as they are here. */
  async readAt(into: Uint8Array, position: number): Promise<number> {
    return await readFully(this.#part, into, position);
  }

  /** From now on what is here from the file's start is read back and hashed, for `sha256`. */
  hashAlong(): void {
    this.#wholeHash = new WholeHash(this.#part);
    this.#followStart();
  }

  /** SHA-256 of the whole file as it is on the disk. */
  async sha256(signal: AbortSignal, onBytes?: (done: number) => void): Promise<Sha256> {
    const hash = this.#wholeHash ?? new WholeHash(this.#part);
    try {
      return await hash.finish(this.index.target.length, signal, onBytes);
    } finally {
      this.#wholeHash = undefined; // the next one reads everything anew
    }
  }

  /** Hashes every chunk that counts as here; what the disk did not keep is missing again. */
  async recheck(signal: AbortSignal): Promise<void> {
    const claimed = this.#numbers(true);
    this.#here.fill(0);
    this.#hereLength = 0;
    await this.#admit(claimed, signal);
  }

  /**
   * Gives the whole file its name. The caller has checked it.
   * @throws {HostError} `HOST_REPLACED` when another file lies where it was written
   * @throws the signal's reason, when it fired before the file had its name
   */
  async finish(name: string, signal: AbortSignal): Promise<void> {
    invariant(this.whole, "only a whole file gets its name");
    await this.#syncs.settle();
    await this.#part.sync();
    await this.#requireInPlace();
    await this.close();
    signal.throwIfAborted();
    await this.#store.rename(this.#files.part, name);
  }

  /** Safe to call twice. What is here stays for the next run. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#wholeHash?.stop();
    await this.#syncs.settle().catch(() => undefined); // who asks for the file's name is told
    await this.#part.close();
    await this.#journal.close();
  }

  /** Not everything that clears up a folder knows of locks, and not every store has them. */
  async #requireInPlace(): Promise<void> {
    if ((await this.#part.isInPlace?.()) !== false) return;
    const { part } = this.#files;
    const file = this.#store.pathOf?.(part) ?? part;
    const text = `${file}: somebody removed it, or put another file in its place. Look for what else`;
    throw new HostError("HOST_REPLACED", `${text} writes there, then run the same command again.`);
  }

  async #resume(signal: AbortSignal): Promise<void> {
    const { target } = this.index;
    const length = await this.#part.length();
    const claimed = length === 0 ? [] : await this.#journaled();
    // Without a journal each chunk may be here: hashing is cheaper than fetching.
    await this.#admit(claimed ?? this.#numbers(false), signal);
    if (length !== target.length) await this.#part.truncate(target.length);
    // Compacted in place: whatever a kill leaves of it is still a list of chunks to look at.
    const journal = encodeJournal(target.sha256, this.#numbers(true));
    await this.#journal.writeAt(journal, 0);
    await this.#journal.truncate(journal.length);
    this.#journalLength = journal.length;
  }

  async #journaled(): Promise<readonly number[] | undefined> {
    const count = this.index.chunks.length;
    const length = await this.#journal.length();
    if (length > journalLengthMax(count)) return undefined;
    const bytes = new Uint8Array(length);
    const read = await readFully(this.#journal, bytes, 0);
    return decodeJournal(bytes.subarray(0, read), this.index.target.sha256, count);
  }

  /** Counts those of `numbers` as here whose bytes are. */
  async #admit(numbers: readonly number[], signal: AbortSignal): Promise<void> {
    let buffer = new Uint8Array(0);
    for (const number of numbers) {
      signal.throwIfAborted();
      const chunk = this.#chunk(number);
      if (buffer.length < chunk.length) buffer = new Uint8Array(chunk.length);
      const bytes = buffer.subarray(0, chunk.length);
      if ((await readFully(this.#part, bytes, chunk.offset)) < chunk.length) continue;
      if (VerifiedChunk.from(bytes, chunk) !== undefined) this.#add(number);
    }
  }

  /** Those that are here, or those that are not. */
  #numbers(here: boolean): number[] {
    const numbers: number[] = [];
    for (let number = 0; number < this.#here.length; number++) {
      if (this.has(number) === here) numbers.push(number);
    }
    return numbers;
  }

  #add(number: number): void {
    this.#here[number] = 1;
    this.#hereLength += this.#chunk(number).length;
  }

  #chunk(number: number): Chunk {
    const chunk = this.index.chunks.at(number);
    invariant(chunk !== undefined, "a chunk's number lies within its index");
    return chunk;
  }

  #followStart(): void {
    if (this.#wholeHash === undefined) return;
    while (this.has(this.#startCount)) this.#startCount++;
    const end = this.index.chunks.at(this.#startCount)?.offset ?? this.index.target.length;
    this.#wholeHash.follow(end);
  }

  async #syncBoth(): Promise<void> {
    await this.#part.sync();
    await this.#journal.sync();
  }
}
