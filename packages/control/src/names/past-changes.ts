import type { ChangeRecord } from "./change-record.ts";

/** The sets that a name had before its TTL was first lowered, and has not got back; if it was. */
export function loweredFrom(
  records: readonly ChangeRecord[],
  name: string,
): ChangeRecord | undefined {
  let first: ChangeRecord | undefined;
  for (const record of records) {
    if (record.name !== name || record.outcome === "refused") continue;
    if (record.verb === "lower") first ??= record;
    // Without an answer it may be low still; to restore what is restored changes nothing.
    const isBack = record.verb === "restore" || record.undoes === first?.id;
    if (isBack && record.outcome === "made") first = undefined;
  }
  return first;
}

/** Whether a name was ever taken out of the DNS from here. Without an answer it may have been. */
export function wasRetired(records: readonly ChangeRecord[], name: string): boolean {
  return records.some((record) => {
    return record.name === name && record.verb === "retire" && record.outcome !== "refused";
  });
}
