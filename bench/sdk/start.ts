import { spawnSync } from "node:child_process";
import { userEnvironment } from "../../tools/pack.ts";

/** What importing took in one process. */
export interface Start {
  readonly seconds: number;
  readonly residentMiB: number;
}

const startMsMax = 30_000;

/**
 * Imports `entry` in a process of its own, as an application in `folder` would.
 * @param entry nothing is imported when it is undefined: what Node.js takes by itself
 * @returns a sentence when it could not be imported
 */
export function start(folder: string, entry: string | undefined): Start | string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program(entry)],
    { cwd: folder, env: userEnvironment(), encoding: "utf8", timeout: startMsMax },
  );
  if (status === 0) return JSON.parse(stdout) as Start;
  const why = stderr.split("\n").find((line) => /^\w*Error\b/.test(line)) ?? "it failed";
  return why.replaceAll(folder, "").replaceAll("|", "/");
}

/** It ends by force: what was imported may have begun something. */
function program(entry: string | undefined): string {
  return `
    const began = performance.now();
    ${entry === undefined ? "" : `await import(${JSON.stringify(entry)});`}
    const seconds = (performance.now() - began) / 1000;
    const residentMiB = process.memoryUsage.rss() / 2 ** 20;
    process.stdout.write(JSON.stringify({ seconds, residentMiB }), () => process.exit(0));
  `;
}
