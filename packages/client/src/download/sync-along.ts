import type { Clock } from "@causeway/kernel";

/** How much may be written before it has reached the disk. */
export interface SyncPace {
  readonly clock: Clock;
  /** At the most, however slow the disk is. It is asked for at a quarter of them, … */
  readonly bytesMax: number;
  /** … or so long after it was done. */
  readonly msMax: number;
}

const share = 4; // the rest is for what comes meanwhile, so that only a slow disk is waited for

/**
 * Has what was written reach the disk while more is written: whoever waited for the disk would
 * leave in the sockets what a kill then costs.
 */
export class SyncAlong {
  readonly #pace: SyncPace;
  readonly #sync: () => Promise<void>;
  #written = 0; // since the last sync began
  #syncing = 0; // before that, and it is under way
  #endedAt: number;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(pace: SyncPace, sync: () => Promise<void>) {
    this.#pace = pace;
    this.#sync = sync;
    this.#endedAt = pace.clock.steady();
  }

  /**
   * So many bytes more were written. Waits while the disk has yet to take in as many as it may.
   * @throws what a sync threw
   */
  async wrote(bytes: number): Promise<void> {
    this.#written += bytes;
    this.#start();
    while (this.#running !== undefined && this.#written + this.#syncing >= this.#pace.bytesMax) {
      await this.#running;
      this.#start();
    }
    this.#rethrow();
  }

  /**
   * Resolves when nothing is under way.
   * @throws what a sync threw: nobody else may learn of it, for a disk says once what it lost
   */
  async settle(): Promise<void> {
    await this.#running;
    this.#rethrow();
  }

  #start(): void {
    const { clock, bytesMax, msMax } = this.#pace;
    const isDue = this.#written * share >= bytesMax || clock.steady() - this.#endedAt >= msMax;
    if (isDue) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    this.#syncing = this.#written;
    this.#written = 0;
    try {
      await this.#sync();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#syncing = 0;
    // From its end, so that a disk that takes long to sync does more than that.
    this.#endedAt = this.#pace.clock.steady();
    this.#running = undefined;
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
