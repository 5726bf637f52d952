import type { TreeFile } from "./tree.ts";

/** Where a file's bytes come from. */
export type Source =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/**
 * The publisher's handle on one route that it can write to. Paths are those of the tree. What
 * is written, and in which order, is not the carrier's business.
 */
export interface Carrier {
  readonly id: string;
  /** Called once before anything else; removes what a killed run left unfinished. */
  prepare(): Promise<void>;
  /** The file's length in bytes, or undefined when it is not there. */
  length(path: string): Promise<number | undefined>;
  /** The bytes that readers get; only for files that are there. */
  read(path: string): AsyncIterable<Uint8Array>;
  /**
   * Readers see the old file or the whole new one, whatever happens on the way. The new one gets
   * its name only when it was read back and its bytes are those that `file` says.
   * @returns false when they are others; then nothing has changed
   */
  write(file: TreeFile, source: Source): Promise<boolean>;
  /** Called once at the end, also after a failure. */
  finish(): Promise<void>;
}
