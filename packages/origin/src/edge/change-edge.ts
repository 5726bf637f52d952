import { type Instant, UsageError } from "@causeway/kernel";
import type { OpenedRule } from "../shield/rulebook.ts";
import { keyId, type TicketKey } from "../shield/ticket-key-file.ts";
import { readTicketKeys } from "../shield/ticket-keys.ts";
import { writeKeyMapLines, writeOpenRules, writeRetired } from "./edge-files.ts";
import { type EdgeOpening, openedAfter } from "./edge-opening.ts";
import { LiveEdge } from "./live-edge.ts";

/** What shall be otherwise, in the order in which it is done. */
export interface EdgeChange extends EdgeOpening {
  /** Tickets of the keys in this file, and no others, are good from then on. */
  readonly keyFile?: string;
  /** Ids of keys whose tickets are good no more, also where the file has them. */
  readonly revoke: readonly string[];
  readonly retire: readonly string[];
  readonly restore: readonly string[];
  readonly drain: readonly string[];
  readonly ready: readonly string[];
}

export interface ChangedEdge {
  /** All names that are retired now. */
  readonly retired: readonly string[];
  /** All rules that are open now, each until its end, which HAProxy keeps by itself. */
  readonly opened: readonly OpenedRule[];
  /** How many keys its tickets may have now; undefined when nothing was said of keys. */
  readonly keys: number | undefined;
  /** Of the ids to revoke those of which it had no key: one may be mistyped. */
  readonly unknownKeys: readonly string[];
}

/**
 * Changes a running HAProxy of ours.
 * @param folder where its configuration lies: keys, names and open rules are kept there for its
 * next start
 * @throws {HostError} it does not answer, or refuses; what came before in the order is done
 * @throws {UsageError} `KEY_MISSING`, `KEY_UNREADABLE`, `USAGE_ARGUMENT`
 */
export async function changeEdge(
  control: string,
  change: EdgeChange,
  folder: string | undefined,
  now: Instant = Date.now(),
): Promise<ChangedEdge> {
  const live = new LiveEdge(control);
  const revoked = change.revoke.map(keyId);
  const keys = change.keyFile === undefined ? undefined : await keysIn(change.keyFile);
  const before = (await live.opened()).filter(({ until }) => until > now);
  const opened = openedAfter(before, change); // a mistyped rule is told before anything is done
  if (keys !== undefined) await live.swapKeys(keys.filter(({ kid }) => !revoked.includes(kid)));
  const isOfKeys = keys !== undefined || revoked.length > 0;
  const { left, unknown } = isOfKeys
    ? await live.revokeKeys(revoked)
    : { left: undefined, unknown: [] };
  for (const host of change.retire) await live.retire(host);
  for (const host of change.restore) await live.restore(host);
  for (const server of change.drain) await live.setServer(server, "drain");
  for (const server of change.ready) await live.setServer(server, "ready");
  if (opened !== before) await live.setOpened(opened);
  const retired = await live.retired();
  if (folder !== undefined) {
    if (left !== undefined) await writeKeyMapLines(folder, left);
    await writeRetired(folder, retired);
    await writeOpenRules(folder, opened);
  }
  const unknownKeys = unknown.filter((kid) => !keys?.some((key) => key.kid === kid));
  return { retired, opened, keys: left?.length, unknownKeys };
}

/** @throws {UsageError} `KEY_MISSING`, `KEY_UNREADABLE` */
async function keysIn(file: string): Promise<readonly TicketKey[]> {
  const keys = await readTicketKeys(file);
  if (keys !== undefined) return keys;
  // A mistyped name must not make a newcomer of everybody.
  throw new UsageError("KEY_MISSING", `there is no ticket key in ${file}.`);
}
