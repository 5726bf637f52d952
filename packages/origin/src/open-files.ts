import { readFile } from "node:fs/promises";

/** What operators are told to do about too few. */
export const moreOpenFiles = "allow it more: LimitNOFILE=65536 in its unit, or ulimit -n 65536";

/**
 * How many files and sockets this process may have open, and each that it starts. Node has raised
 * the soft limit to the hard one at its start, and what it starts inherits both.
 * @returns Infinity where the system does not tell: everywhere but on Linux
 */
export async function openFilesAllowed(): Promise<number> {
  return openFilesIn(await readFile("/proc/self/limits", "latin1").catch(() => ""));
}

/** @param limits as `/proc/self/limits` (proc(5)) */
export function openFilesIn(limits: string): number {
  const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
