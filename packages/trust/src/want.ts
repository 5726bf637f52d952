import { routePath } from "./role-names.ts";

/** A metadata file that the workflow needs next. */
export interface Want {
  /** `root`, `timestamp`, `snapshot`, `targets`, or a delegated role. */
  readonly role: string;
  /** Below `metadata/` on a route, ready for a URL. */
  readonly path: string;
  /** Bytes. Never read more than this. */
  readonly lengthMax: number;
  /** `final`: a route that does not have it ends the step; say so with `absent`. */
  readonly absence: "final" | "failure";
}

/** One file of the state's metadata folder. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What changes in the state's metadata folder: first write, in this order, then remove. */
export interface Accepted {
  readonly write: readonly StoredFile[];
  readonly remove: readonly string[];
}

export const nothingAccepted: Accepted = { write: [], remove: [] };

/** @param version undefined when the repository has no consistent snapshots */
export function roleWant(
  role: string,
  version: number | undefined,
  length: number | undefined,
  lengthMax: number,
): Want {
  return {
    role,
    path: routePath(role, version),
    lengthMax: Math.min(length ?? lengthMax, lengthMax),
    absence: "failure",
  };
}
