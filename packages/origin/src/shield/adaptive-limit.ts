/** Bounds of an adaptive limit; see limits.ts for the figures and why. */
export interface AdaptiveLimitBounds {
  readonly workAtOnceMin: number;
  readonly workAtOnceMax: number;
  /** The delay that is aimed at. */
  readonly delayTargetMs: number;
}

const grow = 4; // pieces of work a window
const shrink = 0.2; // for each target by which the delay is over the target
const shrinkMost = 0.5; // in one window
const forget = 0.01; // of the way from the least to the usual, a window

/**
 * How many pieces of work may be under way at once: as many as the delay that they cause allows.
 * It grows by steps while it is all used, and shrinks by as much as the delay is over its target:
 * the control of Breakwater (Cho et al., OSDI 2020, section 4.1). The delay is the worse of two:
 * how late the event loop runs, which tells of the processor, and how much longer than the least
 * the work took, which tells of the disk (as TCP Vegas, Brakmo and Peterson 1995).
 */
export class AdaptiveLimit {
  readonly #bounds: AdaptiveLimitBounds;
  #limit: number;
  #wasReached = false;
  #workMs = 0;
  #works = 0;
  #leastMs = Number.POSITIVE_INFINITY;

  constructor(bounds: AdaptiveLimitBounds) {
    this.#bounds = bounds;
    this.#limit = bounds.workAtOnceMax;
  }

  get current(): number {
    return Math.floor(this.#limit);
  }

  /** More is asked for than may be under way: only then is there reason to grow. */
  noteReached(): void {
    this.#wasReached = true;
  }

  /** A piece of work was under way for so long. */
  noteWork(ms: number): void {
    this.#workMs += ms;
    this.#works++;
  }

  /** Ends a window, in which the event loop was late by `lateMs`. */
  adapt(lateMs: number): void {
    const { workAtOnceMin: min, workAtOnceMax: max, delayTargetMs: target } = this.#bounds;
    const over = (Math.max(lateMs, this.#waitedMs()) - target) / target;
    if (over > 0) this.#limit *= Math.max(1 - shrink * over, shrinkMost);
    else if (this.#wasReached) this.#limit += grow;
    this.#limit = Math.min(Math.max(this.#limit, min), max);
    this.#wasReached = false;
  }

  /** How much longer the work of this window took than the least known. */
  #waitedMs(): number {
    if (this.#works === 0) return 0;
    const usualMs = this.#workMs / this.#works;
    this.#workMs = 0;
    this.#works = 0;
    // A disk that has become slower must not look loaded for ever.
    if (usualMs < this.#leastMs) this.#leastMs = usualMs;
    else this.#leastMs += (usualMs - this.#leastMs) * forget;
    return usualMs - this.#leastMs;
  }
}
