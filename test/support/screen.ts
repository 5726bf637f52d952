import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { commandLine, type RunOptions } from "./cli.ts";

const run = promisify(execFile);
const lookEveryMs = 30;
const waitMsMax = 90_000;
// As the user's shell: it outlives Ctrl-C, and where its prompt stands shows what was left.
const shellScript = 'trap : INT; "$0" "$@"; printf "exit code %s$ " $?; exec sleep 3600';
const shellPrompt = /(?:^|\n)exit code (\d+)\$$/;

/** Why tests of a real terminal cannot run here; false when they can. */
export function noTerminal(): string | false {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" });
    return false;
  } catch {
    return "tmux is not installed";
  }
}

export interface ScreenOptions extends RunOptions {
  readonly columns?: number;
  readonly rows?: number;
}

/** A command that a person watches and types into: `causeway ARGS` in a terminal of tmux. */
export class Screen {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Starts the command; the terminal is taken away when the test ends. */
  static async start(
    context: TestContext,
    args: readonly string[],
    options: ScreenOptions = {},
  ): Promise<Screen> {
    const { columns = 80, rows = 24 } = options;
    const folder = mkdtempSync(path.join(tmpdir(), "causeway-screen-"));
    const screen = new Screen(path.join(folder, "tmux"));
    context.after(async () => {
      await screen.#tmux("kill-server").catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    });
    const { file, args: all, cwd, env } = commandLine(args, options);
    const settings = Object.entries({ TERM: "tmux-256color", ...env }).map(([name, value]) => {
      return `${name}=${value ?? ""}`;
    });
    const start = ["-f", "/dev/null", "start-server", ";", "set", "-g", "status", "off", ";"];
    const size = ["-x", String(columns), "-y", String(rows)];
    const command = ["sh", "-c", shellScript, "env", "-i", ...settings, file, ...all];
    await screen.#tmux(...start, "new-session", "-d", ...size, "-c", cwd, "--", ...command);
    return screen;
  }

  /** What stands on the screen now, down to the last line that is not empty, without the spaces at the lines' ends. */
  async text(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p")).trimEnd();
  }

  /** All that was printed, with what has scrolled away; a line that was wrapped is one again. */
  async history(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p", "-J", "-S", "-")).trimEnd();
  }

  /** What stands on the screen now, with the escape sequences of its colours. */
  async coloured(): Promise<string> {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  /** Resolves when `text`, which may hold such sequences, stands there: not while it is redrawn. */
  async showsColoured(text: string): Promise<void> {
    await this.#until(`the screen never showed ${JSON.stringify(text)}`, async () => {
      return (await this.coloured()).includes(text) ? true : undefined;
    });
  }

  /** True when the terminal shows its cursor. */
  async showsCursor(): Promise<boolean> {
    return (await this.#ask("cursor_flag")) === "1";
  }

  /** Resolves as soon as the cursor is hidden. */
  async hidesCursor(): Promise<void> {
    await this.#until("the cursor was never hidden", async () => {
      return (await this.showsCursor()) ? undefined : true;
    });
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** Presses a key by its name: `Enter`, `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux("send-keys", key);
  }

  /** Resolves to the screen's text as soon as it matches, while the command runs. */
  async shows(pattern: RegExp): Promise<string> {
    const complaint = `the screen never showed ${pattern}`;
    return this.#until(complaint, async () => {
      const text = await this.text();
      if (pattern.test(text)) return text;
      if (shellPrompt.test(text)) throw new Error(`${complaint}:\n${text}`);
      return undefined;
    });
  }

  /** Waits for the command's end and a shell's prompt on a line of its own. @returns the exit code */
  async ends(): Promise<number> {
    return this.#until("the command did not end on a line of its own", async () => {
      const code = shellPrompt.exec(await this.text())?.[1];
      return code === undefined ? undefined : Number(code);
    });
  }

  async #until<T>(complaint: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + waitMsMax;
    for (;;) {
      const seen = await look();
      if (seen !== undefined) return seen;
      if (performance.now() > deadline) throw new Error(`${complaint}:\n${await this.text()}`);
      await setTimeout(lookEveryMs);
    }
  }

  async #ask(name: string): Promise<string> {
    return (await this.#tmux("display-message", "-p", `#{${name}}`)).trim();
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" };
    const { stdout } = await run("tmux", ["-S", this.#socket, ...args], { env });
    return stdout;
  }
}
