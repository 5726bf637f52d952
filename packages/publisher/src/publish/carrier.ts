import type { Sha256 } from "@causeway/kernel";
import type { TreeFile } from "./tree.ts";

/** Where a file's bytes come from. */
export type Source =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/**
 * The publisher's handle on one route that it can write to. Paths are those of the tree. What
 * is written, and in which order, is not the carrier's business.
 */
export interface Carrier extends CarrierActs {
  readonly id: string;
  /** How many acts at once it is quickest with. */
  readonly actsAtOnce: number;
  /** Gives up whatever is under way and waits for nothing. Call it at the end, whatever happened. */
  close(): void;
}

/**
 * What a carrier does. All of it may fail with a `HostError` or a `CarrierError`, and all of it
 * comes to an end.
 */
export interface CarrierActs {
  /** Where it writes: the same for two carriers that write to the same place. */
  place(): Promise<string>;
  /** Called once before anything is written; removes what a killed run left unfinished. */
  prepare(): Promise<void>;
  /** The file's length in bytes, or undefined when it is not there. Only after `prepare`. */
  length(path: string): Promise<number | undefined>;
  /** Of the bytes that readers get; only for files that are there. */
  sha256(path: string): Promise<Sha256>;
  /** The bytes that readers get, or undefined when there is no such file, or a longer one. */
  read(path: string, lengthMax: number): Promise<Uint8Array | undefined>;
  /**
   * Readers see the old file or the whole new one, whatever happens on the way. Resolves when it
   * was read back and its bytes are those that `file` says; on a disk, it gets its name only then.
   * @returns false when the source, or what a disk made of it, has others; nothing has changed then
   * @throws {CarrierError} `CARRIER_LIED` when a server took the right bytes and has others
   */
  write(file: TreeFile, source: Source): Promise<boolean>;
  /**
   * Copies the file to `to`, a new file of this machine.
   * @returns false when it is not there, or has other bytes than `file` says
   */
  fetch(file: TreeFile, to: string): Promise<boolean>;
  /** Paths of all files below `metadata/` and `targets/`. Only after `prepare`. */
  list(): Promise<readonly string[]>;
  /** Also of `security/`. In about that order; one that is gone already is no failure. */
  remove(paths: readonly string[]): Promise<void>;
  /** Called once after `prepare` and the last write, also when they failed. */
  finish(): Promise<void>;
}
