import { AdaptiveLimit, type AdaptiveLimitBounds } from "./adaptive-limit.ts";

/** What stands around the slots. */
interface WorkSlotsPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls back when the event loop has come round. */
  readonly afterTurn: (then: () => void) => void;
}

/** Pieces of work under way in one worker, and how many may be. */
export class WorkSlots {
  readonly #ports: WorkSlotsPorts;
  readonly #limit: AdaptiveLimit;
  readonly #onFree: () => void;
  #working = 0;
  #newcomers = 0; // of those
  /** Done, but counted until the loop comes round: they have used up a part of this turn. */
  #done = 0;
  #newcomersDone = 0;

  /** `onFree` is called when there is room again. */
  constructor(bounds: AdaptiveLimitBounds, ports: WorkSlotsPorts, onFree: () => void) {
    this.#limit = new AdaptiveLimit(bounds);
    this.#ports = ports;
    this.#onFree = onFree;
  }

  get limit(): number {
    return this.#limit.current;
  }

  get hasRoom(): boolean {
    return this.#working < this.#limit.current;
  }

  /** Whether there is room for one more newcomer while they may have `percent` of the places. */
  hasRoomWithin(percent: number): boolean {
    return this.hasRoom && this.#newcomers < Math.max(1, (this.#limit.current * percent) / 100);
  }

  /** Somebody found no room. */
  noteReached(): void {
    this.#limit.noteReached();
  }

  /**
   * @param known it is done for a ticket holder
   * @returns what ends the piece of work, and tells for how many milliseconds it was under way
   */
  begin(known: boolean): () => number {
    this.#working++;
    if (!known) this.#newcomers++;
    const beganAt = this.#ports.now();
    return () => {
      const workMs = this.#ports.now() - beganAt;
      this.#limit.noteWork(workMs);
      this.#done++;
      if (!known) this.#newcomersDone++;
      if (this.#done === 1) this.#ports.afterTurn(() => this.#nextTurn());
      return workMs;
    };
  }

  /** Ends a window of the limit; as `AdaptiveLimit.adapt`. */
  adapt(lateMs: number): void {
    this.#limit.adapt(lateMs);
    this.#onFree();
  }

  #nextTurn(): void {
    this.#working -= this.#done;
    this.#newcomers -= this.#newcomersDone;
    this.#done = 0;
    this.#newcomersDone = 0;
    this.#onFree();
  }
}
