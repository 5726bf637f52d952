import { spawnSync } from "node:child_process";

/** For a test's `skip`: why it cannot run here, or false. */
export function skipWithout(program: string): string | false {
  return spawnSync(program, ["--version"]).error === undefined ? false : `no ${program} here`;
}
