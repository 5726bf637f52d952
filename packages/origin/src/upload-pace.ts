/** What is sent at most while it is as slow as `UploadPace` makes it. */
const pacedPieceBytes = 16 * 1024;

/**
 * Spreads over time what a server sends in all: who comes first sends first, and who comes while
 * others send waits for its turn behind one piece of each.
 */
export class UploadPace {
  readonly #bytesPerSecond: number;
  readonly #aheadMsMax: number;
  readonly #now: () => number;
  #freeAt = 0;

  /**
   * @param readersMax how many may wait at once. What more have booked is of those who went away: a
   *   flood of them keeps nobody waiting for longer than all who are there do.
   * @param now milliseconds that only grow
   */
  constructor(bytesPerSecond: number, readersMax: number, now = () => performance.now()) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#aheadMsMax = ((readersMax * pacedPieceBytes) / bytesPerSecond) * 1000;
    this.#now = now;
  }

  /** @returns undefined for 0, which is no bound */
  static of(bytesPerSecond: number, readersMax: number): UploadPace | undefined {
    return bytesPerSecond > 0 ? new UploadPace(bytesPerSecond, readersMax) : undefined;
  }

  /** The longest piece to book at once: what others wait for. */
  get pieceBytes(): number {
    return pacedPieceBytes;
  }

  /** Takes the time that so many bytes need. @returns the milliseconds until they may be sent */
  book(bytes: number): number {
    const now = this.#now();
    const at = Math.max(now, this.#freeAt);
    const next = at + (bytes / this.#bytesPerSecond) * 1000;
    this.#freeAt = Math.min(next, now + this.#aheadMsMax);
    return at - now;
  }
}
