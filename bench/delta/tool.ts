import type { Pair } from "./corpus.ts";

/** Where a tool works on one pair. */
export interface Place {
  /** Its own, and served below `url`. */
  readonly folder: string;
  /** Ends in a slash. */
  readonly url: string;
  readonly pair: Pair;
}

export type Command = readonly string[];

/** How one tool brings a holder of the old file to the new one: its command lines. */
export interface Tool {
  readonly name: string;
  /** What crosses the network: the file `delta` of its folder, or what it asks the server for. */
  readonly transfers: "delta" | "requests";
  /** What the vendor had done before there was a new file; not measured. */
  readonly prepare?: (place: Place) => readonly Command[];
  readonly make: (place: Place) => readonly Command[];
  /** Writes the new file to `out`, in a folder that is empty each time. */
  readonly apply: (place: Place, out: string) => Command;
}
