import { createLogUpdate } from "log-update";
import type { Terminal } from "./terminal.ts";

const plainEveryMs = 2000;

/**
 * A few lines that are redrawn in place on a terminal. Elsewhere the `plain` line is written
 * every two seconds, and once more at the end when it has changed.
 */
export class Live {
  readonly #terminal: Terminal;
  readonly #draw: ((text: string) => void) & { clear(): void; done(): void };
  #plainAt = Number.NEGATIVE_INFINITY;
  #plainSaid = "";
  #plainLast = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#draw = createLogUpdate(terminal.stream);
  }

  /** Shows `lines` on a terminal, or sometimes `plain` elsewhere. */
  show(lines: readonly string[], plain: string): void {
    if (this.#terminal.live) {
      this.#draw(lines.join("\n"));
      return;
    }
    this.#plainLast = plain;
    const now = performance.now();
    if (now - this.#plainAt < plainEveryMs) return;
    this.#plainAt = now;
    this.#sayPlain();
  }

  /** Writes a line that stays, above the live ones. */
  note(text: string): void {
    if (this.#terminal.live) this.#draw.clear();
    this.#terminal.say(text);
  }

  /** Takes the lines off a terminal's screen. */
  clear(): void {
    if (this.#terminal.live) this.#draw.clear();
  }

  /** Leaves the last state on the screen. */
  done(): void {
    if (this.#terminal.live) this.#draw.done();
    else this.#sayPlain();
  }

  #sayPlain(): void {
    if (this.#plainLast === this.#plainSaid) return;
    this.#plainSaid = this.#plainLast;
    this.#terminal.say(this.#plainLast);
  }
}
