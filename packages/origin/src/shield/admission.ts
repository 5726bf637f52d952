import type { AdmissionOutcome, AdmissionState } from "../counters.ts";
import { type Exchange, type Handler, trafficOf } from "../exchange.ts";
import type { OriginLimits } from "../limits.ts";
import { AdaptiveLimit } from "./adaptive-limit.ts";
import { HeldRefusals } from "./held-refusals.ts";
import { type Waiter, WaitingLine } from "./waiting-line.ts";

/** What stands around an admission. */
export interface AdmissionPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** As Math.random. */
  readonly random: () => number;
  /** Calls back when the event loop has come round. */
  readonly afterTurn: (then: () => void) => void;
  /** Answers "not now". */
  readonly refuse: (exchange: Exchange, status: 429 | 503) => void;
}

/** What may happen to who waits. */
interface Waiting extends Waiter {
  readonly exchange: Exchange;
  /** Its turn has come. */
  readonly goOn: () => void;
  readonly refuse: (outcome: AdmissionOutcome) => void;
}

interface Refused {
  readonly exchange: Exchange;
  readonly settle: () => void;
}

/**
 * Decides whose work is done now, whose later and whose not, in one worker. While fewer pieces of
 * work are under way than the limit, everybody's; beyond, in the order of the line. A piece of work
 * is what can be done without the client: to find the file and hand the system its first block, or
 * one more. So a slow reader takes no place, and long answers go on in the order of the line too.
 */
export class Admission {
  readonly #ports: AdmissionPorts;
  readonly #limits: OriginLimits;
  readonly #limit: AdaptiveLimit;
  readonly #line: WaitingLine<Waiting>;
  readonly #held: HeldRefusals<Refused>;
  #working = 0;
  /** Done, but counted until the loop comes round: they have used up a part of this turn. */
  #done = 0;
  #pressedUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: OriginLimits, ports: AdmissionPorts) {
    this.#limits = limits;
    this.#ports = ports;
    this.#limit = new AdaptiveLimit(limits);
    this.#line = new WaitingLine(limits);
    this.#held = new HeldRefusals(limits, ports.random);
  }

  /** True when for a while nobody was refused, or had to wait for longer than a moment. */
  isCalm(): boolean {
    return this.#ports.now() >= this.#pressedUntil;
  }

  state(): AdmissionState {
    return { limit: this.#limit.current, waiting: this.#line.length, held: this.#held.count };
  }

  /** Admits to `next`. */
  handler(next: Handler): Handler {
    return (exchange) => {
      if (!this.#mayWork()) return this.#wait(exchange, next);
      trafficOf(exchange).admissions["at-once"]++;
      return this.#admit(exchange, next);
    };
  }

  /** To be called every `admissionTickMs`; `lateMs` is by how much it was late. */
  tick(lateMs: number): void {
    this.#limit.adapt(lateMs);
    for (const waiting of this.#line.takeOverdue(this.#ports.now())) waiting.refuse("overdue");
    this.#goOn();
    for (const refused of this.#held.takeDue(this.#ports.now())) this.#answer(refused);
  }

  /** Answers all that is held back. */
  stop(): void {
    for (const refused of this.#held.takeDue(Number.POSITIVE_INFINITY)) this.#answer(refused);
  }

  #mayWork(): boolean {
    if (this.#working < this.#limit.current) return this.#line.length === 0;
    this.#limit.noteReached();
    return false;
  }

  /** Begins a piece of work. @returns what ends it */
  #begin(): () => void {
    this.#working++;
    const began = this.#ports.now();
    return () => {
      this.#limit.noteWork(this.#ports.now() - began);
      this.#done++;
      if (this.#done === 1) this.#ports.afterTurn(() => this.#nextTurn());
    };
  }

  #nextTurn(): void {
    this.#working -= this.#done;
    this.#done = 0;
    this.#goOn();
  }

  #goOn(): void {
    while (this.#working < this.#limit.current) {
      const waiting = this.#line.next();
      if (waiting === undefined) return;
      if (this.#ports.now() - waiting.arrivedAt > this.#limits.delayTargetMs) this.#press();
      waiting.goOn();
    }
    if (this.#line.length > 0) this.#limit.noteReached();
  }

  async #admit(exchange: Exchange, next: Handler): Promise<void> {
    exchange.seat.standing = exchange.ticket === undefined ? "served" : "known";
    let end: (() => void) | undefined = this.#begin();
    const free = (): void => {
      end?.();
      end = undefined;
    };
    const take = (): Promise<void> | undefined => {
      if (this.#mayWork()) end = this.#begin();
      return end === undefined ? this.#waitForMore(exchange, (ends) => (end = ends)) : undefined;
    };
    try {
      exchange.slot = { free, take };
      await next(exchange);
    } finally {
      free();
    }
  }

  /** Resolves when the rest of an answer may go on, or has no more client. */
  #waitForMore(exchange: Exchange, begun: (end: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        begun(this.#begin());
        resolve();
      };
      this.#join({
        ...this.#placeOf(exchange),
        begun: true,
        exchange,
        goOn,
        refuse: () => resolve(),
      });
    });
  }

  #wait(exchange: Exchange, next: Handler): Promise<void> {
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        trafficOf(exchange).admissions.waited++;
        void this.#admit(exchange, next).then(resolve, reject);
      };
      const refuse = (outcome: AdmissionOutcome): void => {
        trafficOf(exchange).admissions[outcome]++;
        if (outcome === "gave-up") return resolve();
        this.#press();
        this.#hold({ exchange, settle: resolve });
      };
      exchange.seat.standing = exchange.ticket === undefined ? "waiting" : "known";
      this.#join({ ...this.#placeOf(exchange), begun: false, exchange, goOn, refuse });
    });
  }

  #placeOf({ ticket, class: requestClass }: Exchange): Omit<Waiter, "begun"> {
    const arrivedAt = this.#ports.now();
    return {
      known: ticket !== undefined,
      class: requestClass,
      order: ticket?.since ?? 0,
      arrivedAt,
    };
  }

  #join(comes: Waiting): void {
    const { response } = comes.exchange;
    const left = (): void => {
      if (this.#line.leave(waiting)) comes.refuse("gave-up");
    };
    const waiting: Waiting = {
      ...comes,
      goOn: () => {
        response.off("close", left);
        comes.goOn();
      },
      refuse: (outcome) => {
        response.off("close", left);
        comes.refuse(outcome);
      },
    };
    response.once("close", left);
    this.#line.join(waiting)?.refuse("displaced");
  }

  #hold(refused: Refused): void {
    const { request, response, seat } = refused.exchange;
    seat.standing = "refused";
    if (!this.#held.hold(refused, this.#ports.now())) {
      trafficOf(refused.exchange).admissions.dropped++;
      request.socket.destroy();
      return refused.settle();
    }
    response.once("close", () => {
      this.#held.leave(refused);
      refused.settle();
    });
  }

  #answer({ exchange, settle }: Refused): void {
    this.#ports.refuse(exchange, 503);
    settle();
  }

  #press(): void {
    this.#pressedUntil = this.#ports.now() + this.#limits.pressedMs;
  }
}
