import type { JsonInput, Sha256, TargetPath } from "@causeway/kernel";

/** What a bin says of one file. */
export interface TargetEntry {
  readonly path: TargetPath;
  readonly length: number;
  readonly sha256: Sha256;
  readonly custom?: JsonInput;
}
