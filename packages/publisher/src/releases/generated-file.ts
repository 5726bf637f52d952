import type { TargetPath } from "@causeway/kernel";

/** A small file that publish itself makes. */
export interface GeneratedFile {
  readonly path: TargetPath;
  readonly bytes: Uint8Array;
}
