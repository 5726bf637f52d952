import { type Exchange, trafficOf } from "../exchange.ts";
import { HeldRefusals, type HeldRefusalsBounds } from "./held-refusals.ts";

/** 503: nobody has room for it; 429: whoever asks has used up its share. */
export type RefusalStatus = 429 | 503;

/** What stands around late refusals. */
interface LateRefusalsPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** As Math.random. */
  readonly random: () => number;
  /** Answers "not now". */
  readonly refuse: (exchange: Exchange, status: RefusalStatus) => void;
}

interface Refused {
  readonly exchange: Exchange;
  readonly status: RefusalStatus;
  readonly settle: () => void;
}

/** Refuses after a while; beyond what can be held back, by closing the connection. */
export class LateRefusals {
  readonly #ports: LateRefusalsPorts;
  readonly #held: HeldRefusals<Refused>;

  constructor(bounds: HeldRefusalsBounds, ports: LateRefusalsPorts) {
    this.#ports = ports;
    this.#held = new HeldRefusals(bounds, ports.random);
  }

  get count(): number {
    return this.#held.count;
  }

  /** Resolves when it is answered, or has no more client. */
  refuse(exchange: Exchange, status: RefusalStatus): Promise<void> {
    const { request, response, seat } = exchange;
    return new Promise((settle) => {
      const refused = { exchange, status, settle };
      if (!this.#held.hold(refused, this.#ports.now())) {
        trafficOf(exchange).admissions.dropped++;
        request.socket.destroy();
        return settle();
      }
      seat.hold();
      response.once("close", () => {
        this.#held.leave(refused);
        settle();
      });
    });
  }

  answerDue(): void {
    this.#answer(this.#ports.now());
  }

  answerAll(): void {
    this.#answer(Number.POSITIVE_INFINITY);
  }

  #answer(now: number): void {
    for (const { exchange, status, settle } of this.#held.takeDue(now)) {
      this.#ports.refuse(exchange, status);
      // Not before: where others have taken all places, it may be closed for want of one.
      exchange.seat.release();
      settle();
    }
  }
}
