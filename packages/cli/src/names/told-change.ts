import { type Changed, type ChangeRecord, encodeChange, shownSets } from "@causeway/control";
import { toUtcSecond } from "@causeway/kernel";
import { printable, type Terminal } from "../terminal.ts";

/** Tells what was done, or would be. */
export function tellChange(
  name: string,
  changed: Changed,
  isDry: boolean,
  terminal: Terminal,
): void {
  const { zone, before, after, script, record } = changed;
  const json = {
    name,
    zone: zone.name,
    id: record?.id ?? null,
    changed: record !== undefined && script !== undefined,
    dryRun: isDry,
    before,
    after,
    update: script ?? null,
  };
  if (script === undefined) {
    const state = after.length === 0 ? "has no address" : "is that way already";
    const nothing = `${name} ${state}; nothing was sent`;
    terminal.result(json, [nothing, ...noteLines(changed, isDry)].join("\n"));
    return;
  }
  if (record === undefined) {
    terminal.result(json, `this would be sent, and was not:\n${printable(script.trimEnd())}`);
    return;
  }
  const lines = [
    `${name} is changed; causeway names undo ${record.id} takes it back`,
    ...shownSets(before).map((line) => `  - ${line}`),
    ...shownSets(after).map((line) => `  + ${line}`),
  ];
  if (after.length === 0) {
    lines.push(
      `  after an undo some resolvers say for up to ${zone.negativeTtlSeconds} s more that it is gone`,
    );
  }
  terminal.result(json, printable(lines.join("\n")));
}

/** What is kept though nothing was sent. */
function noteLines({ isNoteAlone, record }: Changed, isDry: boolean): readonly string[] {
  if (!isNoteAlone) return [];
  if (isDry || record === undefined) return ["  until when the TTL stays low would be kept"];
  const { id, until, undoes } = record;
  if (undoes !== undefined) return [`  what change ${undoes} says is taken back`];
  const end = until === undefined ? "" : ` until ${toUtcSecond(until)}`;
  return [`  kept: the TTL stays low${end}; causeway names undo ${id} takes that back`];
}

/** A change of the past, as JSON. */
export function jsonOf(record: ChangeRecord): object {
  return { ...(encodeChange(record) as object), outcome: record.outcome ?? null };
}

/** A change of the past on one line. */
export function changeLine({ id, at, verb, until, who, why, outcome }: ChangeRecord): string {
  const what = until === undefined ? verb : `${verb} until ${toUtcSecond(until)}`;
  const end = outcome ?? "of unknown outcome: names undo asks the server";
  const reason = why === "" ? "" : ` (${why})`;
  return `  ${id}  ${toUtcSecond(at)}  ${what} by ${who}${reason}: ${end}`;
}
