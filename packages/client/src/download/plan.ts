import type { Chunk, Chunks, Delta } from "@causeway/kernel";

/** A delta whose old file is on this machine. */
export interface DeltaChoice {
  readonly delta: Delta;
  /** Which of the old files it starts from. */
  readonly oldFile: number;
  /** Bytes of the delta that are here from an earlier run. */
  readonly hereLength: number;
}

export interface PlanInput {
  readonly chunks: Chunks;
  /** Numbers of the chunks that are missing, one for each name. */
  readonly missing: readonly number[];
  /** True for a missing chunk that an old file has. */
  readonly isInOldFile: (number: number) => boolean;
  readonly hasPack: boolean;
  readonly deltas: readonly DeltaChoice[];
}

/** How the missing chunks will be had. `bytes` is what it takes from the network. */
export type Plan =
  | ({ readonly kind: "delta"; readonly bytes: number } & DeltaChoice)
  | {
      readonly kind: "pack" | "raw";
      readonly bytes: number;
      /** Numbers of missing chunks to take from old files, and to fetch. */
      readonly copy: readonly number[];
      readonly fetch: readonly number[];
    };

/**
 * The plan of fewest bytes. Among equals the one of least work: what needs no delta, and then
 * what needs no unpacking.
 */
export function choosePlan(input: PlanInput): Plan {
  const copy = input.missing.filter((number) => input.isInOldFile(number));
  const fetch = input.missing.filter((number) => !input.isInOldFile(number));
  const sum = (lengthOf: (chunk: Chunk) => number): number => {
    return fetch.reduce((total, number) => {
      const chunk = input.chunks.at(number);
      return total + (chunk === undefined ? 0 : lengthOf(chunk));
    }, 0);
  };
  let best: Plan = { kind: "raw", bytes: sum((chunk) => chunk.length), copy, fetch };
  if (input.hasPack) {
    const bytes = sum((chunk) => chunk.packLength);
    if (bytes < best.bytes) best = { kind: "pack", bytes, copy, fetch };
  }
  for (const choice of input.deltas) {
    const { delta, hereLength } = choice;
    const bytes = delta.index.length + Math.max(0, delta.length - hereLength);
    if (bytes < best.bytes) best = { kind: "delta", bytes, ...choice };
  }
  return best;
}
