import { createHash } from "node:crypto";
import type { Sha256 } from "@causeway/kernel";

/** The files beside an output while it is being fetched; none is left when it is whole. */
export interface PartialNames {
  readonly part: string;
  readonly journal: string;
  readonly index: string;
  /** The list of the target's deltas. */
  readonly deltas: string;
}

const digitsOfTarget = 16; // 64 bits tell the targets of one output apart
const stemLengthMax = 200; // of a 255-byte file name, the rest is ours

export function partialNames(output: string, target: Sha256): PartialNames {
  const { folder, stem } = split(output);
  const base = `${folder}.${stem}.${target.slice(0, digitsOfTarget)}`;
  return {
    part: `${base}.part`,
    journal: `${base}.journal`,
    index: `${base}.index`,
    deltas: `${base}.deltas`,
  };
}

/** By which a process holds an output, and all partial files of it. */
export function lockName(output: string): string {
  const { folder, stem } = split(output);
  return `${folder}.${stem}.causeway-lock`;
}

/** The folder that an output's partial files lie in, and which of its files are ones of it. */
export function leftovers(output: string): {
  readonly folder: string;
  readonly isOne: (file: string) => boolean;
} {
  const { folder, stem } = split(output);
  const start = `.${stem}.`;
  return {
    folder: folder.slice(0, -1),
    isOne: (file) => {
      if (!file.startsWith(start)) return false;
      return /^[0-9a-f]{16}\.(?:part|journal|index|deltas)$/.test(file.slice(start.length));
    },
  };
}

function split(output: string): { readonly folder: string; readonly stem: string } {
  const slash = output.lastIndexOf("/") + 1;
  const file = output.slice(slash);
  const fits = new TextEncoder().encode(file).length <= stemLengthMax;
  const stem = fits ? file : createHash("sha256").update(file).digest("hex").slice(0, 32);
  return { folder: output.slice(0, slash), stem };
}
