/** Chunks that lie one after another in `file`, to be compressed each on its own. */
export interface PackJob {
  readonly kind: "pack";
  readonly file: string;
  readonly offset: number;
  readonly lengths: readonly number[];
}

/** A range of a file, in bytes. */
export interface FileRange {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** How hard zstd looks for matches, and with how much memory. */
export interface ZstdSettings {
  readonly level: number;
  readonly windowLog: number;
  readonly hashLog: number;
  readonly chainLog: number;
}

/** One segment of a delta. */
export interface DeltaJob {
  readonly kind: "delta";
  readonly old: FileRange;
  readonly new: FileRange;
  readonly settings: ZstdSettings;
}

export type Job = PackJob | DeltaJob;

/** What a job made: zstd frames one after another, and how long each one is. */
export interface Frames {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
}

/** A worker's answer. Errors are taken apart: cloning would drop a system error's code. */
export type Answer =
  | { readonly frames: Frames }
  | { readonly failure: { readonly message: string; readonly code: string } };
