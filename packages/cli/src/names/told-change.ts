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
    changed: record !== undefined,
    dryRun: isDry,
    before,
    after,
    update: script ?? null,
  };
  if (script === undefined) {
    const state = after.length === 0 ? "has no address" : "is that way already";
    terminal.result(json, `${name} ${state}; nothing was sent`);
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

/** A change of the past, as JSON. */
export function jsonOf(record: ChangeRecord): object {
  return { ...(encodeChange(record) as object), outcome: record.outcome ?? null };
}

/** A change of the past on one line. */
export function changeLine({ id, at, verb, who, why, outcome }: ChangeRecord): string {
  const end = outcome ?? "of unknown outcome: names undo asks the server";
  const reason = why === "" ? "" : ` (${why})`;
  return `  ${id}  ${toUtcSecond(at)}  ${verb} by ${who}${reason}: ${end}`;
}
