import type { TreeFile } from "./tree.ts";

/** Where a file's bytes come from. */
export type Source =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/**
 * The publisher's handle on one route that it can write to. Paths are those of the tree. What
 * is written, in which order, and whether it arrived is not the carrier's business.
 */
export interface Carrier {
  readonly id: string;
  /** Called once before anything else; removes what a killed run left unfinished. */
  prepare(): Promise<void>;
  /** The file's length in bytes, or undefined when it is not there. */
  length(path: string): Promise<number | undefined>;
  /** The bytes that readers get; only for files that are there. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Readers see the old file or the whole new one, whatever happens on the way. */
  write(file: TreeFile, source: Source): Promise<void>;
  /** Called once at the end, also after a failure. */
  finish(): Promise<void>;
}
