import type { RouteUrl } from "../routes/route.ts";
import type { RouteHealth } from "../routes/route-fault.ts";

/** What one route has brought so far. */
export interface RouteProgress {
  readonly route: RouteUrl;
  /** Bytes over the network, kept or not. */
  readonly bytes: number;
  /** Bytes of the target per second, lately; undefined before the first measure. */
  readonly bytesPerSecond: number | undefined;
  readonly state: RouteHealth;
  readonly why: string | null;
}

export type PlanKind = "none" | "delta" | "pack" | "raw";

/** What `download` tells while it works. */
export type DownloadEvent =
  /** Another process, if it is known which, writes to the same place; this one waits for it. */
  | { readonly kind: "wait"; readonly pid: number | undefined }
  /** Old files are being looked through for usable bytes. */
  | { readonly kind: "search"; readonly done: number; readonly total: number }
  | {
      readonly kind: "plan";
      readonly plan: PlanKind;
      /** Bytes to come over the network. */
      readonly bytes: number;
      /** Bytes of the target that are here, or in old files. */
      readonly reused: number;
    }
  /** A plan failed, and another one follows. */
  | { readonly kind: "fallback"; readonly from: PlanKind; readonly why: string }
  | {
      readonly kind: "progress";
      /** Bytes of the target that are here and verified, of `total`; of a delta, its bytes. */
      readonly done: number;
      readonly total: number;
      readonly reused: number;
      readonly downloaded: number;
      readonly routes: readonly RouteProgress[];
    }
  /** A route's state changed. */
  | ({ readonly kind: "route" } & RouteProgress)
  /** A delta is being applied. */
  | { readonly kind: "apply"; readonly done: number; readonly total: number }
  /** The whole file is being checked. */
  | { readonly kind: "verify"; readonly done: number; readonly total: number };
