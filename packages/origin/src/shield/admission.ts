import type { AdmissionState } from "../counters.ts";
import { type Exchange, type Handler, trafficOf } from "../exchange.ts";
import type { OriginLimits } from "../limits.ts";
import { AcceptBacklog } from "./accept-backlog.ts";
import type { Standing } from "./connection-slots.ts";
import { Contention } from "./contention.ts";
import { LateRefusals, type RefusalStatus } from "./late-refusals.ts";
import { Rulebook } from "./rulebook.ts";
import type { Account, Shares } from "./shares.ts";
import { type Waiter, WaitingLine } from "./waiting-line.ts";
import { WorkSlots } from "./work-slots.ts";

/** What stands around an admission. */
export interface AdmissionPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** As Math.random. */
  readonly random: () => number;
  /** Calls back when the event loop has come round. */
  readonly afterTurn: (then: () => void) => void;
  /** Answers "not now". */
  readonly refuse: (exchange: Exchange, status: RefusalStatus) => void;
}

/** What may happen to who waits: its turn comes, it has to go, or its client leaves. */
interface Outcomes {
  readonly goOn: () => void;
  readonly refuse: () => void;
  readonly leave: () => void;
}
type Waiting = Waiter & Outcomes;

/**
 * Decides whose work is done now, whose later and whose not, in one worker. While fewer pieces of
 * work are under way than the limit, everybody's; beyond, in the order of the line. While others
 * have to wait, nothing is done for those who have used up their share. A piece of work is what can
 * be done without the client: to find the file and hand the system its first block, or one more. So
 * a slow reader takes no place, and long answers go on in the order of the line too.
 */
export class Admission {
  readonly #limits: OriginLimits;
  readonly #rules: Rulebook;
  readonly #shares: Shares;
  readonly #now: () => number;
  readonly #slots: WorkSlots;
  readonly #line: WaitingLine<Waiting>;
  readonly #refusals: LateRefusals;
  readonly #contention: Contention;
  readonly #backlog: AcceptBacklog;
  #pressedUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: OriginLimits, shares: Shares, ports: AdmissionPorts, rules = new Rulebook()) {
    this.#limits = limits;
    this.#rules = rules;
    this.#shares = shares;
    this.#now = ports.now;
    this.#slots = new WorkSlots(limits, ports, () => this.#goOn());
    this.#line = new WaitingLine(limits);
    this.#refusals = new LateRefusals(limits, ports);
    this.#contention = new Contention(limits.contentionMs);
    const { listeners } = limits;
    this.#backlog = new AcceptBacklog(listeners, ports.afterTurn, () => this.#goOn());
  }

  /** True when for a while nobody was refused, or had to wait for longer than a moment. */
  isCalm(): boolean {
    return this.#now() >= this.#pressedUntil;
  }

  /** From 0, when nobody's refusal is held back, to 1, when there is room for no more. */
  pressure(): number {
    return this.#refusals.count / Math.max(1, this.#limits.heldMax);
  }

  /** What one machine is worth, in percent of the usual; and what newcomers keep of the line. */
  setShares(weights: { readonly machinePercent: number; readonly newcomersPercent: number }): void {
    this.#shares.setPercent(weights.machinePercent);
    this.#line.setNewcomers(weights.newcomersPercent);
  }

  /** A connection was accepted. */
  noteAccepted(): void {
    this.#backlog.noteAccepted();
  }

  state(): AdmissionState {
    return { limit: this.#slots.limit, waiting: this.#line.length, held: this.#refusals.count };
  }

  /** Admits to `next`. */
  handler(next: Handler): Handler {
    return (exchange) => {
      const account = this.#shares.accountOf(exchange, this.#now());
      if (account.isOver && this.#othersWait(exchange)) return this.#refuse(exchange, account);
      if (this.#hasRoom(account.known)) {
        trafficOf(exchange).admissions["at-once"]++;
        return this.#admit(exchange, account, next);
      }
      return this.#wait(exchange, account, next);
    };
  }

  /** To be called every `admissionTickMs`; `lateMs` is by how much it was late. */
  tick(lateMs: number): void {
    this.#slots.adapt(lateMs);
    for (const waiting of this.#line.takeOverdue(this.#now())) waiting.refuse();
    this.#refusals.answerDue();
  }

  /** Answers all that is held back. */
  stop(): void {
    this.#refusals.answerAll();
  }

  #hasRoom(known: boolean): boolean {
    if (!this.#slots.hasRoom) this.#slots.noteReached();
    else if (this.#line.length === 0 && (known || this.#mayNewcomers())) return true;
    if (!this.#rules.isOpen("line")) return false;
    this.#press(); // that nobody has to wait does not make it calm
    return true;
  }

  /** While others wait to be accepted, who may be holders of tickets, newcomers get their part only. */
  #mayNewcomers(): boolean {
    if (!this.#backlog.exists || this.#rules.isOpen("line")) return true;
    return this.#slots.hasRoomWithin(this.#line.newcomersPercent);
  }

  #othersWait({ client = "" }: Exchange): boolean {
    return this.#contention.existsFor(client, this.#now());
  }

  #goOn(): void {
    while (this.#slots.hasRoom || this.#rules.isOpen("line")) {
      const waiting = this.#line.next(this.#mayNewcomers());
      if (waiting === undefined) return;
      if (this.#now() - waiting.arrivedAt > this.#limits.delayTargetMs) this.#press();
      waiting.goOn();
    }
    if (this.#line.length > 0) this.#slots.noteReached();
  }

  async #admit(exchange: Exchange, account: Account, next: Handler): Promise<void> {
    exchange.seat.standing = standingOf(account, "served");
    const { socket } = exchange.request;
    const { response } = exchange;
    const ended = this.#shares.begin(exchange, account);
    response.once("close", ended);
    let end: (() => number) | undefined = this.#slots.begin(account.known);
    let sentBytes = socket.bytesWritten;
    const free = (): void => {
      if (end === undefined) return;
      const workMs = this.#limits.requestWorkMs + Math.min(end(), this.#limits.delayTargetMs);
      const bytes = socket.bytesWritten - sentBytes;
      sentBytes += bytes;
      end = undefined;
      this.#shares.charge(exchange, account, { workMs, bytes }, this.#now());
    };
    const take = (): Promise<void> | undefined => {
      if (!this.#hasRoom(account.known)) {
        return this.#waitForMore(exchange, account, (ends) => (end = ends));
      }
      end = this.#slots.begin(account.known);
      return undefined;
    };
    if (this.isCalm()) this.#shares.noteTicket(exchange, this.#now());
    exchange.slot = { free, take };
    try {
      await next(exchange);
    } finally {
      free();
      if (response.destroyed || socket.destroyed) ended(); // it tells that it closes only once
    }
  }

  #refuse(exchange: Exchange, { isOver, known }: Account): Promise<void> {
    trafficOf(exchange).admissions[isOver ? "over-share" : "busy"]++;
    // Whose share is used up goes as a newcomer, whatever it is that refuses it then.
    this.#rules.noteRefused(known ? "line" : "ticket-shares", exchange.ticket);
    this.#press();
    return this.#refusals.refuse(exchange, isOver ? 429 : 503);
  }

  /** Resolves when the rest of an answer may go on, or has no more client. */
  #waitForMore(
    exchange: Exchange,
    account: Account,
    begun: (end: () => number) => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        begun(this.#slots.begin(account.known));
        resolve();
      };
      const outcomes = { goOn, refuse: () => resolve(), leave: () => resolve() };
      // What it has got meanwhile counts: others have got nothing yet.
      const { owedMs, isOver } = this.#shares.accountOf(exchange, this.#now());
      this.#join(exchange, { ...account, owedMs, isOver }, true, outcomes);
    });
  }

  #wait(exchange: Exchange, account: Account, next: Handler): Promise<void> {
    exchange.seat.standing = standingOf(account, "waiting");
    const { admissions } = trafficOf(exchange);
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        admissions.waited++;
        void this.#admit(exchange, account, next).then(resolve, reject);
      };
      const refuse = (): void => void this.#refuse(exchange, account).then(resolve, reject);
      const leave = (): void => {
        admissions["gave-up"]++;
        resolve();
      };
      this.#join(exchange, account, false, { goOn, refuse, leave });
    });
  }

  #join(exchange: Exchange, account: Account, begun: boolean, outcomes: Outcomes): void {
    const { response, ticket, class: requestClass, client = "" } = exchange;
    const { known, hasWaited, isOver, owedMs } = account;
    if (!isOver) this.#contention.note(known ? `${ticket?.sub}` : client, this.#now());
    const leave = (): void => {
      exchange.seat.giveUp = undefined;
      if (this.#line.leave(waiting)) outcomes.leave();
    };
    const staying = (then: () => void) => (): void => {
      response.off("close", leave);
      exchange.seat.giveUp = undefined;
      then();
    };
    const waiting: Waiting = {
      known,
      hasWaited,
      isOver,
      class: requestClass,
      order: known ? (ticket?.since ?? 0) : owedMs,
      arrivedAt: this.#now(),
      begun,
      goOn: staying(outcomes.goOn),
      refuse: staying(outcomes.refuse),
      leave,
    };
    response.once("close", leave);
    if (!begun) {
      exchange.seat.giveUp = () => {
        if (this.#line.leave(waiting)) waiting.refuse();
      };
    }
    this.#line.join(waiting)?.refuse();
    if (known && this.#slots.hasRoom) this.#goOn();
  }

  #press(): void {
    this.#pressedUntil = this.#now() + this.#limits.pressedMs;
  }
}

function standingOf({ known, hasWaited }: Account, newcomers: "waiting" | "served"): Standing {
  if (known) return "known";
  return hasWaited ? "waited" : newcomers;
}
