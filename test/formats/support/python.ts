import { spawnSync } from "node:child_process";

const python = "/usr/bin/python3"; // Debian's, which sees Debian's packages

/** For a test's `skip`: why it cannot run here, or false. */
export function skipWithoutModule(name: string): string | false {
  const { status } = spawnSync(python, ["-c", `import ${name}`]);
  return status === 0 ? false : `no python3-${name} here`;
}

/** What the script prints as JSON, with `input` on its standard input. */
export function runPython(script: string, input: Uint8Array): unknown {
  const { status, stdout, stderr } = spawnSync(python, ["-c", script], { input });
  if (status !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}
