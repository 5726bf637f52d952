import * as os from "node:os";
import type { Log } from "./log.ts";

/** What is asked of the system. */
type Priorities = Pick<typeof os, "getPriority" | "setPriority">;

/**
 * Lets others of the usual priority go before this process on the processors; a free one is still
 * its own. Where the system forbids that (a filter of system calls, say), all go alike.
 */
export function yieldProcessors(log: Log, system: Priorities = os): void {
  const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = os.constants.priority;
  try {
    system.setPriority(Math.min(system.getPriority() + PRIORITY_BELOW_NORMAL, PRIORITY_LOW));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const next = "a flood of the public address may slow its entrances; allow setpriority";
    log({ level: "warn", event: "priority-kept", fields: { why: error.message, next } });
  }
}
