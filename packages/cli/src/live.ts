import { createLogUpdate } from "log-update";
import { cutLine } from "./format.ts";
import type { Region, Terminal } from "./terminal.ts";

const plainEveryMs = 2000;

/**
 * A few lines that are redrawn in place on a terminal, each on one row. Elsewhere the `plain`
 * line is written every two seconds, and once more at the end when it has changed.
 */
export class Live implements Region {
  readonly #terminal: Terminal;
  readonly #draw: ((text: string) => void) & { clear(): void; done(): void };
  #lines: readonly string[] = [];
  #isDrawn = false;
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
      this.#lines = lines;
      if (!this.#terminal.isAsking) this.#redraw();
      return;
    }
    this.#plainLast = plain;
    const now = performance.now();
    if (now - this.#plainAt < plainEveryMs) return;
    this.#plainAt = now;
    this.#sayPlain();
  }

  /** Takes the lines off the screen, and shows the cursor, until they are next shown. */
  giveWay(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.#draw.clear();
    this.#draw.done();
  }

  /** Takes the lines off a terminal's screen. */
  clear(): void {
    this.giveWay();
    this.#lines = [];
  }

  /** Leaves the last state on the screen. */
  done(): void {
    if (!this.#terminal.live) {
      this.#sayPlain();
      return;
    }
    if (!this.#isDrawn && this.#lines.length > 0) this.#redraw();
    this.#isDrawn = false;
    this.#lines = [];
    this.#draw.done();
  }

  #redraw(): void {
    const { columns } = this.#terminal;
    this.#terminal.region = this;
    this.#isDrawn = true;
    this.#draw(this.#lines.map((line) => cutLine(line, columns)).join("\n"));
  }

  #sayPlain(): void {
    if (this.#plainLast === this.#plainSaid) return;
    this.#plainSaid = this.#plainLast;
    this.#terminal.say(this.#plainLast);
  }
}
