import type { Instant } from "@causeway/kernel";
import type { ChangeRecord } from "./change-record.ts";
import { type RecordSets, sameSets } from "./record-set.ts";

/** What is known of a name whose TTL was lowered from here. */
export interface Lowered {
  /** The sets before it was first lowered. */
  readonly before: RecordSets;
  /** The TTL stays low until then, by who said so last. */
  readonly until: Instant | undefined;
}

/** How a name was whose TTL was lowered, and that has not got it back; undefined for any other. */
export function loweredFrom(records: readonly ChangeRecord[], name: string): Lowered | undefined {
  let lows: readonly ChangeRecord[] = [];
  for (const record of records) {
    if (record.name !== name || record.outcome === "refused") continue;
    if (record.verb === "lower") lows = [...lows, record];
    // Without an answer it may be low still; to restore what is restored changes nothing.
    if (record.outcome !== "made") continue;
    if (record.verb === "restore") lows = [];
    if (record.undoes !== undefined) lows = withoutUndone(lows, record.undoes);
  }
  const first = firstSent(lows) ?? lows[0];
  if (first === undefined) return undefined;
  const until = lows.findLast((each) => each.until !== undefined)?.until;
  return { before: first.before, until };
}

/** To undo what lowered it first brings the TTL back, whatever was done later. */
function withoutUndone(lows: readonly ChangeRecord[], id: number): readonly ChangeRecord[] {
  const first = firstSent(lows);
  if (first?.id === id) return lows.slice(0, lows.indexOf(first));
  return lows.filter((each) => each.id !== id);
}

function firstSent(lows: readonly ChangeRecord[]): ChangeRecord | undefined {
  return lows.find((each) => !isNoteAlone(each));
}

/** Whether a change was not to be sent: it says until when a TTL stays low that was so already. */
export function isNoteAlone({ verb, until, before, after }: ChangeRecord): boolean {
  return verb === "lower" && until !== undefined && sameSets(before, after);
}

/** Whether a name was ever taken out of the DNS from here. Without an answer it may have been. */
export function wasRetired(records: readonly ChangeRecord[], name: string): boolean {
  return records.some((record) => {
    return record.name === name && record.verb === "retire" && record.outcome !== "refused";
  });
}
