import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100; // USER_HZ, which Linux shows to programs on every machine (proc(5))

interface Stat {
  readonly parent: number;
  /** User and system time, of the children that it has waited for as well. */
  readonly ticks: number;
}

/** Seconds of CPU, user and system, that a process and all below it have used so far. */
export function cpuSeconds(root: number): number {
  const all = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat !== undefined) all.set(Number(name), stat);
  }
  let ticks = 0;
  for (const [pid, stat] of all) if (isBelow(pid, root, all)) ticks += stat.ticks;
  return ticks / ticksPerSecond;
}

function isBelow(pid: number, root: number, all: ReadonlyMap<number, Stat>): boolean {
  for (let at: number | undefined = pid; at !== undefined; at = all.get(at)?.parent) {
    if (at === root) return true;
  }
  return false;
}

function statOf(pid: number): Stat | undefined {
  try {
    // The name in parentheses may hold anything; what follows it has no parentheses.
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return undefined; // it has ended
  }
}
