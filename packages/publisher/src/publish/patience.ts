/** Who is waited for, and what happens when nothing is heard of it. */
export interface PatienceOptions {
  readonly mostMs: number;
  readonly isWaiting: () => boolean;
  /** Called once, when a tenth of that is over. */
  readonly onSilent: () => void;
  /** Called once, and nothing after it. */
  readonly onOver: () => void;
}

const ticksMost = 10;

/**
 * Waits for signs of life, from its making to its end. It counts ticks and asks no clock: whoever
 * was stopped for an hour, by Ctrl-Z or with the whole machine, heard nothing because it was not
 * there to hear it.
 */
export class Patience {
  readonly #timer: NodeJS.Timeout;
  readonly #options: PatienceOptions;
  #ticks = 0;
  #wasSilent = false;

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.mostMs / ticksMost);
  }

  /** A sign of life came. */
  renew(): void {
    this.#ticks = 0;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#ticks = this.#options.isWaiting() ? this.#ticks + 1 : 0;
    // The first tick may come right after the last sign of life.
    if (this.#ticks > ticksMost) {
      this.end();
      this.#options.onOver();
    } else if (this.#ticks > 1 && !this.#wasSilent) {
      this.#wasSilent = true;
      this.#options.onSilent();
    }
  }
}
