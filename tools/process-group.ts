import { spawn } from "node:child_process";
import { root, sourceEnvironment } from "./checkout.ts";

/** How a process and all that it started came to an end. */
export interface GroupEnd {
  /** -1 when it could not be started or was killed. */
  readonly code: number;
  readonly timedOut: boolean;
  /** What was printed, both streams in the order of arrival. */
  readonly output: string;
}

const groups = new Set<number>();
const drainMsMax = 2000; // what is left in a pipe is read in less
const outputLengthMax = 4 * 2 ** 20; // a test that prints without end must not fill memory

/**
 * Runs a command in a process group of its own and leaves nothing of it behind: whatever still
 * runs when it ended, or after `msMax`, is killed in a way that cannot be ignored.
 */
export function runGroup(
  file: string,
  args: readonly string[],
  msMax: number,
  env: NodeJS.ProcessEnv = {},
): Promise<GroupEnd> {
  const done = Promise.withResolvers<GroupEnd>();
  const parts: Buffer[] = [];
  let length = 0;
  let timedOut = false;
  const child = spawn(file, args, {
    cwd: root,
    env: { ...sourceEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(pid);
  }, msMax);
  const keep = (bytes: Buffer): void => {
    length += bytes.length;
    if (length <= outputLengthMax) parts.push(bytes);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.on("error", (error) => {
    clearTimeout(timer);
    done.resolve({ code: -1, timedOut, output: `${file}: ${error.message}` });
  });
  // Not "close" alone: what left the group could hold the pipes open for ever.
  child.on("exit", (code) => {
    clearTimeout(timer);
    killGroup(pid);
    const output = (): string => Buffer.concat(parts).toString("utf8");
    const end = (): void => done.resolve({ code: code ?? -1, timedOut, output: output() });
    child.once("close", end);
    setTimeout(end, drainMsMax).unref();
  });
  return done.promise;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  groups.delete(pid);
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended already.
  }
}

// Groups of their own do not hear the terminal's Ctrl-C.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    for (const pid of groups) killGroup(pid);
    process.exit(130);
  });
}
