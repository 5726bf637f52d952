import type { ReleaseRecord, Sha256, Store, TargetPath } from "@causeway/kernel";
import type { RetryBudget } from "../routes/retry-budget.ts";
import type { Route } from "../routes/route.ts";
import type { DownloadEvent } from "./download-event.ts";
import type { OldFile } from "./old-file.ts";

/** One target to be had: from where, to where, with what help. */
export interface DownloadRequest {
  /** As the signed metadata says; `locations` lie below `targets/` on a route. */
  readonly target: {
    readonly path: TargetPath;
    readonly length: number;
    readonly sha256: Sha256;
    readonly locations: readonly string[];
  };
  readonly release: ReleaseRecord;
  /** Best first. What they do is noted in them. */
  readonly routes: readonly Route[];
  /** All routes as of now: others may join while it runs. */
  readonly joined?: () => readonly Route[];
  /** Where `store` cannot hold it, nobody else may write to `name`, or beside it, meanwhile. */
  readonly output: { readonly store: Store; readonly name: string };
  /** Open files that may hold parts of the target; an older version, as a rule. */
  readonly have?: readonly OldFile[];
  readonly onProgress?: (event: DownloadEvent) => void;
  /** Shared with whatever else this process does over routes; its own when absent. */
  readonly retries?: RetryBudget;
  /** Awaited before the file gets its name; when it rejects, the file gets none. */
  readonly sure?: () => Promise<unknown>;
  readonly signal?: AbortSignal;
}
