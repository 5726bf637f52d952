import { UsageError } from "@causeway/kernel";
import { readTicketKeys } from "../shield/ticket-keys.ts";
import { writeKeyMap, writeRetired } from "./edge-files.ts";
import { LiveEdge } from "./live-edge.ts";

/** What shall be otherwise, in the order in which it is done. */
export interface EdgeChange {
  /** Tickets of the keys in this file, and no others, are good from then on. */
  readonly keyFile?: string;
  readonly retire: readonly string[];
  readonly restore: readonly string[];
  readonly drain: readonly string[];
  readonly ready: readonly string[];
}

export interface ChangedEdge {
  /** All names that are retired now. */
  readonly retired: readonly string[];
  /** How many keys were taken over; undefined when they were not asked for. */
  readonly keys: number | undefined;
}

/**
 * Changes a running HAProxy of ours.
 * @param folder where its configuration lies: keys and names are kept there for its next start
 * @throws {HostError} it does not answer, or refuses; what came before in the order is done
 * @throws {UsageError} `KEY_MISSING`, `KEY_UNREADABLE`, `USAGE_ARGUMENT`
 */
export async function changeEdge(
  control: string,
  change: EdgeChange,
  folder: string | undefined,
): Promise<ChangedEdge> {
  const live = new LiveEdge(control);
  const keys = change.keyFile === undefined ? undefined : await readTicketKeys(change.keyFile);
  if (keys === undefined && change.keyFile !== undefined) {
    // A mistyped name must not make a newcomer of everybody.
    throw new UsageError("KEY_MISSING", `there is no ticket key in ${change.keyFile}.`);
  }
  if (keys !== undefined) await live.swapKeys(keys);
  for (const host of change.retire) await live.retire(host);
  for (const host of change.restore) await live.restore(host);
  for (const server of change.drain) await live.setServer(server, "drain");
  for (const server of change.ready) await live.setServer(server, "ready");
  const retired = await live.retired();
  if (folder !== undefined) {
    if (keys !== undefined) await writeKeyMap(folder, keys);
    await writeRetired(folder, retired);
  }
  return { retired, keys: keys?.length };
}
