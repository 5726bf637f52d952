import { type ChildProcess, spawn } from "node:child_process";
import type { Log } from "../log.ts";

// Each line that it reads is the number of the process to end, or empty. Whatever ends us, also a
// SIGKILL, closes the pipe: then it lets that process finish, ends it, and removes the folder.
const script = `
while read -r told; do pid=$told; done
if [ -n "$pid" ]; then
  kill -USR1 "$pid"
  left=12
  while [ "$left" -gt 0 ] && kill -0 "$pid"; do sleep 1; left=$((left - 1)); done
  kill -KILL "$pid"
fi 2>/dev/null
rm -rf -- "$1"
`;

/**
 * A small process that outlives this one for a moment, so that no HAProxy and no secret is left
 * behind however this one ends. HAProxy itself does not notice when its parent dies, and the
 * system's own way to tell it (PR_SET_PDEATHSIG) is Linux's alone.
 */
export class OrphanWatch {
  readonly #shell: ChildProcess;
  #ended = false;

  /** @param folder what it removes at the end; nothing in it is another's */
  constructor(folder: string, log: Log) {
    this.#shell = spawn("/bin/sh", ["-c", script, "causeway-edge-watch", folder], {
      detached: true, // a terminal's Ctrl-C is for the whole group
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
    });
    const missing = (why: string): void => {
      if (this.#ended) return;
      const what = "should this process be killed, the edge goes on";
      log({ level: "warn", event: "edge-unwatched", fields: { why, what } });
    };
    this.#shell.once("error", (cause) => missing(cause.message));
    this.#shell.once("exit", (code, signal) => missing(`its watch ended (${signal ?? code})`));
    this.#shell.stdin?.on("error", () => {}); // its exit tells
    this.#shell.unref();
  }

  /** @param pid of the engine that runs now; undefined: none does */
  mind(pid: number | undefined): void {
    if (this.#shell.stdin?.writable === true) this.#shell.stdin.write(`${pid ?? ""}\n`);
  }

  /** There is nothing left to be watched over. */
  end(): void {
    this.#ended = true;
    this.#shell.kill("SIGKILL");
  }
}
