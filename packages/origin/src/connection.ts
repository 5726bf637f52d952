import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TrafficCounters } from "./counters.ts";
import { type OriginLimits, pieceBytes } from "./limits.ts";
import type { HoldableSeat, Seat, Standing } from "./shield/connection-slots.ts";
import type { Restable } from "./shield/resting-connections.ts";
import type { Ticket } from "./shield/ticket.ts";
import { type AddressPrefix, networkKeyOf, prefixOf } from "./tls/address-prefix.ts";

/** Begins one answer, and calls `done` when it is over or its connection is gone. */
export type Task = (done: () => void) => void;

/**
 * One client's connection. Its requests are answered one at a time: Node would begin to answer
 * all that are pipelined at once, and hold a block of a file for each. Too many of them are left
 * unanswered, and those before them end with `Connection: close` (RFC 9112 section 9.6): their
 * client knows which to ask again.
 */
export class Connection implements Seat, HoldableSeat, Restable {
  readonly socket: Socket;
  readonly network: string;
  standing: Standing = "unheard";
  giveUp: (() => void) | undefined;
  /** Whether a `PlainReader` reads it; otherwise Node does. */
  isReadHere = false;
  stalledMs = 0;
  /** What its last request showed. */
  ticket: Ticket | undefined;
  readonly #limits: OriginLimits;
  #traffic: TrafficCounters;
  readonly #waiting: Task[] = [];
  #from: AddressPrefix | undefined;
  #busy = false;
  #unanswered = 0;
  #last = false;
  #sentBytes = 0;
  #countedBytes = 0;
  #movedAt = performance.now();
  #idleSince = performance.now();

  /** Called when it is held, and when it is released. */
  onHeld: (isHeld: boolean) => void = () => {};

  /** `traffic` is where its bytes are counted until `countSentFor`. */
  constructor(socket: Socket, limits: OriginLimits, traffic: TrafficCounters) {
    this.socket = socket;
    this.network = networkKeyOf(socket.remoteAddress);
    this.#limits = limits;
    this.#traffic = traffic;
  }

  /** Undefined when its client was gone already, or it came over a UNIX socket. */
  get from(): AddressPrefix | undefined {
    this.#from ??= prefixOf(this.socket.remoteAddress);
    return this.#from;
  }

  /** True while a request is answered or waits for it. */
  get busy(): boolean {
    return this.#busy;
  }

  /** @returns false when so many were left unanswered that Node must hold no more of them */
  take(task: Task): boolean {
    if (this.#last) return true;
    const { pipelinedMax, unansweredMax } = this.#limits;
    if (this.#unanswered > 0 || this.#waiting.length >= pipelinedMax) {
      this.#unanswered++;
      return this.#unanswered <= unansweredMax;
    }
    this.#waiting.push(task);
    if (!this.#busy) this.#next();
    return true;
  }

  /**
   * Ends it with `text`, once what was taken is answered. Nothing that comes later counts.
   * @returns false when it ends already
   */
  endWith(text: string): boolean {
    if (this.#last || this.#unanswered > 0) return false;
    this.#last = true;
    this.#waiting.push(() => this.socket.write(text, () => this.finish()));
    if (!this.#busy) this.#next();
    return true;
  }

  /** True when nothing is answered behind the answer that begins now. */
  get ending(): boolean {
    return this.#unanswered > 0 && this.#waiting.length === 0;
  }

  /** How long the client has owed a whole request by then; 0 while one is answered. */
  owesRequestMs(now: number): number {
    return this.#busy ? 0 : now - this.#idleSince;
  }

  /** Counts the bytes that were handed to the system since the last call. */
  countSent(): void {
    const total = this.socket.bytesWritten - this.socket.writableLength;
    this.#traffic.sentBytes += total - this.#countedBytes;
    this.#countedBytes = total;
  }

  /** From now on its bytes are counted there, those that are not yet counted too. */
  countSentFor(traffic: TrafficCounters): void {
    this.#traffic = traffic;
  }

  /**
   * True when the client took fewer bytes than `sendBytesPerSecondMin`, beyond the grace. It is
   * judged piece by piece, so that a quick start earns no right to stall later.
   */
  isStalled(now: number): boolean {
    const waiting = this.socket.writableLength;
    const sent = this.socket.bytesWritten - waiting;
    if (waiting === 0 || sent !== this.#sentBytes) {
      this.#sentBytes = sent;
      this.#movedAt = now;
    }
    this.stalledMs = now - this.#movedAt;
    // Only a reader that was quick is handed more than a piece, so it needs no more time for it.
    const slowest = Math.min(waiting, pieceBytes);
    const allowedMs = (slowest / this.#limits.sendBytesPerSecondMin) * 1000;
    return now - this.#movedAt > this.#limits.sendGraceMs + allowedMs;
  }

  destroy(): void {
    this.#waiting.length = 0;
    this.socket.destroy();
  }

  /** Pauses it: what nobody reads is not ready, however many of them there are. */
  hold(): void {
    this.rest();
    this.onHeld(true);
  }

  release(): void {
    this.listen(); // before: where no place is free, it has to rest
    this.onHeld(false);
  }

  /** One over TLS would keep its lane's place. */
  get mayRest(): boolean {
    return !this.busy && !(this.socket instanceof TLSSocket);
  }

  rest(): void {
    this.socket.pause();
  }

  listen(): void {
    this.socket.resume();
  }

  /** Closes when what was written is with the client's system. */
  finish(): void {
    this.socket.destroySoon();
  }

  #next(): void {
    const task = this.#waiting.shift();
    this.#busy = task !== undefined;
    if (!this.#busy) this.#idleSince = performance.now();
    if (task !== undefined && !this.socket.destroyed) task(() => this.#next());
  }
}
