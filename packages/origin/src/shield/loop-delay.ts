/** What stands around the measure; both in milliseconds that only grow. */
export interface LoopDelayPorts {
  readonly now: () => number;
  /** Processor time of this thread. */
  readonly cpuMs: () => number;
}

/**
 * How late the event loop runs because of its own work, from calls that are due in a rhythm. What
 * other programs of this machine take is left out: to admit less would give nothing back of that.
 */
export class LoopDelay {
  readonly #periodMs: number;
  readonly #ports: LoopDelayPorts;
  #calledAt: number;
  #cpuMs: number;

  constructor(periodMs: number, ports: LoopDelayPorts) {
    this.#periodMs = periodMs;
    this.#ports = ports;
    this.#calledAt = ports.now();
    this.#cpuMs = ports.cpuMs();
  }

  /** To be called every `periodMs`. @returns milliseconds of lateness since the last call */
  measure(): number {
    const tookMs = this.#ports.now() - this.#calledAt;
    const ownMs = this.#ports.cpuMs() - this.#cpuMs;
    this.#calledAt += tookMs;
    this.#cpuMs += ownMs;
    if (tookMs <= this.#periodMs) return 0;
    return (tookMs - this.#periodMs) * Math.min(1, ownMs / tookMs);
  }
}
