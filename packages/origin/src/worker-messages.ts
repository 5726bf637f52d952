import type { HostCode } from "@causeway/kernel";
import type { Lanes, ListenOptions } from "./listen.ts";
import type { LogEntry } from "./log.ts";
import type { WorkerReport } from "./measures/worker-report.ts";
import type { Policy } from "./policy/policy.ts";
import type { ServedTree } from "./serve-tree.ts";
import type { TicketKey } from "./shield/ticket-key-file.ts";
import type { TlsMaterial } from "./tls/tls-material.ts";

/** What the supervisor tells a worker. Both run the same release, so nothing is checked. */
export type ToWorker =
  | {
      readonly kind: "start";
      readonly served: ServedTree;
      readonly lanes: Lanes<ListenOptions>;
      readonly tls?: TlsMaterial | undefined;
      /** Where it listens to our own edge. */
      readonly edgeSocket?: string | undefined;
      readonly isPublic: boolean;
    }
  /** Whether it takes connections of clients itself. */
  | { readonly kind: "public"; readonly isPublic: boolean }
  | { readonly kind: "tls"; readonly tls: TlsMaterial }
  | { readonly kind: "ticket-keys"; readonly keys: readonly TicketKey[] }
  | { readonly kind: "policy"; readonly policy: Policy }
  /** Asks for a report. */
  | { readonly kind: "report" }
  | { readonly kind: "stop"; readonly graceMs: number };

/** What a worker tells its supervisor. */
export type FromWorker =
  | { readonly kind: "listening"; readonly ports: Lanes<number> }
  /** It does what it was told last of "public". */
  | { readonly kind: "public-set" }
  | { readonly kind: "failed"; readonly code: HostCode; readonly message: string }
  | { readonly kind: "report"; readonly report: WorkerReport }
  | { readonly kind: "log"; readonly entry: LogEntry };
