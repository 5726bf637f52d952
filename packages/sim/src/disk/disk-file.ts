import type { Dice } from "../dice.ts";
import { GrowingBytes } from "./growing-bytes.ts";

/** A change that has not been made to reach the platter. */
export type Change =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

const sectorLength = 512; // what a disk writes as one

/** One file: what programs read, and what would be left of it if the power went now. */
export class DiskFile {
  readonly #durable: GrowingBytes;
  readonly #seen: GrowingBytes;
  #unsynced: Change[] = [];
  #syncedCount = 0;

  /** @param bytes are on the platter already */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#durable = new GrowingBytes(bytes);
    this.#seen = new GrowingBytes(bytes);
  }

  /** As programs read it; a view that the next change may alter. */
  get bytes(): Uint8Array {
    return this.#seen.bytes;
  }

  /** Bytes that a power cut may take. */
  get unsyncedLength(): number {
    return this.#unsynced.reduce((sum, change) => {
      return sum + (change.kind === "write" ? change.bytes.length : 0);
    }, 0);
  }

  change(change: Change): void {
    const own =
      change.kind === "write" ? { ...change, bytes: new Uint8Array(change.bytes) } : change;
    apply(this.#seen, own);
    this.#unsynced.push(own);
  }

  /** Marks what is to be synced, as long as the sync takes. */
  beginSync(): () => void {
    const end = this.#syncedCount + this.#unsynced.length;
    return () => {
      const count = Math.max(0, end - this.#syncedCount); // another sync may have been quicker
      for (const change of this.#unsynced.splice(0, count)) apply(this.#durable, change);
      this.#syncedCount += count;
    };
  }

  /** Loses what was not synced: each change wholly, in part, or not at all. */
  losePower(dice: Dice): void {
    for (const change of this.#unsynced) {
      for (const part of torn(change, dice)) apply(this.#durable, part);
    }
    this.#syncedCount += this.#unsynced.length;
    this.#unsynced = [];
    this.#seen.resize(0);
    this.#seen.write(this.#durable.bytes, 0);
  }
}

/** What of a change happens when it is cut off. */
export function torn(change: Change, dice: Dice): readonly Change[] {
  const fate = dice.below(4);
  if (fate === 0) return [];
  if (fate === 1 || change.kind === "truncate") return [change];
  const { at, bytes } = change;
  if (fate === 2) {
    const length = dice.below(bytes.length + 1);
    return length === 0 ? [] : [{ kind: "write", at, bytes: bytes.subarray(0, length) }];
  }
  const sectors: Change[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = start + sectorLength - ((at + start) % sectorLength);
    const part = bytes.subarray(start, end);
    if (dice.chance(1, 2)) sectors.push({ kind: "write", at: at + start, bytes: part });
    start = end;
  }
  return sectors;
}

function apply(to: GrowingBytes, change: Change): void {
  if (change.kind === "write") to.write(change.bytes, change.at);
  else to.resize(change.length);
}
