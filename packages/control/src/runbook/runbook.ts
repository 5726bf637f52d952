import type { Instant, Sha256 } from "@causeway/kernel";
import type { NameServer } from "../names/name-server.ts";
import type { Action } from "./action.ts";

/** Who may approve, known by the public half of an Ed25519 key: 64 hexadecimal digits. */
export interface Approver {
  readonly name: string;
  readonly key: string;
}

/** A number of `causeway watch --json`. */
export type OriginMeasure =
  | "requestsPerSecond"
  | "refusedPerSecond"
  | "atEdgePerSecond"
  | "sentBytesPerSecond"
  | "badTicketsPerSecond"
  | "waiting"
  | "held"
  | "connections"
  | "sources";

/** `outage`: 1 while clients have no use of a route, else 0. */
export type Measure = OriginMeasure | "outage";

/** What has to be measured, for how long without a break. */
export interface Condition {
  readonly id: string;
  readonly source:
    | { readonly kind: "origin"; readonly url: string }
    | { readonly kind: "recording"; readonly file: string }
    /** What probes have found of a route. */
    | { readonly kind: "probes"; readonly route: string };
  readonly measure: Measure;
  readonly side: "above" | "below";
  readonly threshold: number;
  readonly forMs: number;
}

/** Where DNS names are changed. */
export interface NamePlace {
  readonly server: NameServer;
  readonly keyFile: string;
  readonly zone: string | undefined;
}

/** automatic: done when due; approved: once approved; manual: people do it, and approve it then. */
export type Mode = "manual" | "approved" | "automatic";

export interface Step {
  readonly id: string;
  /** Not before. */
  readonly at: Instant | undefined;
  /** How late a timed step may begin, in milliseconds. */
  readonly withinMs: number;
  readonly when: Condition | undefined;
  /** Steps that have to be done before. */
  readonly after: readonly string[];
  readonly mode: Mode;
  /** How many different people have to approve. */
  readonly approvals: number;
  readonly why: string;
  readonly action: Action;
  /** Digest of all that the step says, so that an approval is for that and nothing else. */
  readonly content: Sha256;
}

/** A runbook.yaml that makes sense. Its files are absolute paths. */
export interface Runbook {
  readonly name: string;
  /** T. */
  readonly attack: Instant;
  /** The vendor's folder. */
  readonly dir: string;
  readonly approvers: readonly Approver[];
  readonly names: NamePlace | undefined;
  readonly steps: readonly Step[];
}
