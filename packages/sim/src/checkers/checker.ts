import type { Crash, Run } from "../customer.ts";
import type { Exchange } from "../network/request.ts";

/** Watches a drill and tells the world when a law is broken. Each hook runs at once. */
export interface Checker {
  /** A file of the disk changed, or may have in a crash. */
  readonly diskChanged?: (name: string) => void;
  readonly asked?: (exchange: Exchange) => void;
  readonly answered?: (exchange: Exchange) => void;
  readonly began?: (run: Run) => void;
  readonly ended?: (run: Run) => void;
  readonly crashed?: (crash: Crash) => void;
}
