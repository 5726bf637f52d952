import { HostError } from "@causeway/kernel";
import { Cancel, over } from "../routes/cancel.ts";
import type { Run } from "./metadata.ts";
import { learnRoutes } from "./route-list.ts";

const settleMs = 2_000; // in which a list comes over a route that has just brought a patch

/** The vendor's list of routes on its way in, beside a download that does not wait for it. */
export class Learning {
  readonly #run: Run;
  readonly #cancel: Cancel;
  readonly #done: Promise<unknown>;

  constructor(run: Run) {
    this.#run = run;
    this.#cancel = new Cancel(run.signal);
    const { signal } = this.#cancel;
    this.#done = learnRoutes({ ...run, signal }).catch((error: unknown) => {
      // Where the disk is full, the patch is still worth having.
      if (!signal.aborted && !(error instanceof HostError)) throw error;
    });
    this.#done.catch(() => undefined); // `settle` and `end` tell
  }

  /** Resolves when the list is here, or no route brings it. */
  async whole(): Promise<void> {
    await this.#done;
  }

  /** Gives it a moment more. */
  async settle(): Promise<void> {
    const timer = new AbortController();
    const alarm = this.#run.ports.clock.sleep(settleMs, timer.signal).catch(() => undefined);
    try {
      await Promise.race([this.#done, alarm]);
    } finally {
      timer.abort(over);
    }
  }

  /** Nothing works on the state any more when this resolves. */
  async end(): Promise<void> {
    this.#cancel.cancel(over);
    await this.#done;
  }
}
