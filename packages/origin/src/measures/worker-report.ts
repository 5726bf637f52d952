import type { Counts } from "../counters.ts";
import type { EdgeStats } from "../edge-watch/edge-stats.ts";
import type { SourceReport } from "./source-meter.ts";

/** What one worker tells of itself when it is asked. */
export interface WorkerReport {
  /** Since it started. */
  readonly counts: Counts;
  /** Since its last report. */
  readonly sources: SourceReport;
}

/** The same of all workers: what they counted so far, and who asked since the last report. */
export interface OriginReport {
  readonly counts: Counts;
  readonly sources: readonly SourceReport[];
  /** Of the HAProxy that was started in front, if one was; so far. */
  readonly edge?: EdgeStats;
}
