/** HAProxy's commands for what `ticketedMachines` reads. */
export const ticketedCommand = "show table; show peers";

const ticketTable = /^# table: tickets_(\S+),.* used:(\d+)/;
const localPeer = /^\s*0x[0-9a-f]+: id=(\S+)\(local\b/;

/**
 * How many machines showed an HAProxy good tickets in the last minute. Where it has peers, theirs
 * stand beside its own.
 * @param lines what HAProxy answers to `ticketedCommand`, among others
 * @returns undefined when it has no such table, and is none of ours
 */
export function ticketedMachines(lines: readonly string[]): number | undefined {
  const tables = new Map<string, number>();
  let local: string | undefined;
  for (const line of lines) {
    const [, name, used] = ticketTable.exec(line) ?? [];
    if (name !== undefined) tables.set(name, Number(used));
    local ??= localPeer.exec(line)?.[1];
  }
  const [only] = tables.values();
  return local === undefined ? only : tables.get(local);
}
