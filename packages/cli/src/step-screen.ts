import { formatProgress } from "./format.ts";
import { Live } from "./live.ts";
import type { Terminal } from "./terminal.ts";

export interface Step {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

const nameWidth = 22; // of the longest name, so that bars stand below each other

/** One line for the step that a long command is at. */
export class StepScreen {
  readonly #terminal: Terminal;
  readonly #live: Live;
  readonly #names: Readonly<Record<string, string>>;
  readonly #amount: (count: number) => string;
  #shown = false;

  /** `names` says what each step is called; `amount` tells its counts. */
  constructor(
    terminal: Terminal,
    names: Readonly<Record<string, string>>,
    amount: (count: number) => string,
  ) {
    this.#terminal = terminal;
    this.#live = new Live(terminal);
    this.#names = names;
    this.#amount = amount;
  }

  readonly show = ({ step, done, total }: Step): void => {
    this.#shown = true;
    const name = this.#names[step] ?? step;
    const share = total === 0 ? 1 : done / total;
    const counts = `${this.#amount(done)} of ${this.#amount(total)}`;
    const { columns } = this.#terminal;
    const line = formatProgress(name.padEnd(nameWidth), share, counts, columns);
    this.#live.show([line], `${name}: ${counts}`);
  };

  /** Takes it off a terminal's screen. */
  clear(): void {
    this.#live.clear();
    this.#shown = false;
  }

  /** Leaves the last state on the screen. */
  done(): void {
    if (this.#shown) this.#live.done();
    this.#shown = false;
  }
}
