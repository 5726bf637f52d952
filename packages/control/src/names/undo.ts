import { NameError, UsageError } from "@causeway/kernel";
import { type Changed, type ChangeOrder, changeName, type NamePorts } from "./change.ts";
import type { ChangeRecord } from "./change-record.ts";
import type { DnsName } from "./dns-name.ts";
import { type NameServer, toNameServer } from "./name-server.ts";
import { isNoteAlone } from "./past-changes.ts";
import { type RecordSets, sameSets, sameValues, shownSets } from "./record-set.ts";

export interface UndoOrder
  extends Pick<ChangeOrder, "keyFile" | "who" | "why" | "isDry" | "signal"> {
  /** The newest that can be undone when absent. */
  readonly id: number | undefined;
  /** Where the change was made when absent. */
  readonly server: NameServer | undefined;
}

/**
 * Brings back exactly the sets that were there before a change. Whether that change was made is
 * asked of the server, so it does not matter what a crash left written down of it.
 * @throws {UsageError} `USAGE_ARGUMENT` there is no such change
 * @throws {NameError} `NAME_CONFLICT` the name was changed after it; and as `changeName`
 */
export async function undoChange(
  ports: NamePorts,
  order: UndoOrder,
): Promise<Changed & { readonly name: DnsName }> {
  const record = pick(await ports.history.read(), order.id);
  const { name, zone, id } = record;
  const changed = await changeName(ports, {
    ...order,
    verb: "undo",
    name,
    zone,
    undoes: id,
    server: order.server ?? toNameServer(record.server),
    // It changed no set, so whatever there is now stays.
    wish: (present) => (isNoteAlone(record) ? present : taken(present, record)),
  });
  // It never reached the server.
  if (changed.script === undefined && record.outcome === undefined && !order.isDry) {
    await ports.history.settle(record, "refused");
  }
  return { ...changed, name };
}

function taken(present: RecordSets, { id, name, before, after }: ChangeRecord): RecordSets {
  if (sameSets(present, before) || sameValues(present, after)) return before;
  const now = shownSets(present).join(", ") || "nothing";
  const what = `${name} was changed after change ${id}, and is now: ${now}`;
  throw new NameError("NAME_CONFLICT", `${what}; undo the later one first, or move the name.`);
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
function pick(records: readonly ChangeRecord[], id: number | undefined): ChangeRecord {
  const undone = new Set(
    records.filter((each) => each.outcome === "made").map((each) => each.undoes),
  );
  const found = records.findLast((each) => {
    if (id !== undefined) return each.id === id;
    return each.verb !== "undo" && each.outcome !== "refused" && !undone.has(each.id);
  });
  if (found !== undefined) return found;
  const what = id === undefined ? "no change is left to undo" : `there is no change ${id}`;
  throw new UsageError("USAGE_ARGUMENT", `${what}; causeway names show NAME lists them.`);
}
