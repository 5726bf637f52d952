import { readdirSync, readFileSync } from "node:fs";

/** Processes whose parent is `pid`; with `named`, those with that in their command line. */
export function childrenOf(pid: number | undefined, named = ""): number[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${Number(name)}/stat`, "utf8");
      const fields = stat.split(") ")[1]?.split(" ");
      if (Number(fields?.[1]) !== pid) return [];
      const line = readFileSync(`/proc/${Number(name)}/cmdline`, "latin1");
      return line.includes(named) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
