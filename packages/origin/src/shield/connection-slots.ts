import type { Ticket } from "./ticket.ts";

/**
 * What the shield knows of a connection by its last request: none came yet; it waits; it is or was
 * served as a newcomer's; its newcomer was refused before, and came back when it was told to; or it
 * is a ticket holder's.
 */
export type Standing = "unheard" | "waiting" | "served" | "waited" | "known";

/** What the shield does with the connection that a request came over. */
export interface HoldableSeat {
  standing: Standing;
  /** Set while its request waits for its turn: refuses it, late, as if its turn could not come. */
  giveUp?: (() => void) | undefined;
  /** Its refusal is held back: until `release` it is not listened to, and takes no place. */
  hold(): void;
  release(): void;
}

/** A connection that takes a place. */
export interface Seat {
  readonly standing: Standing;
  /** While a request is answered or waits for it. */
  readonly busy: boolean;
  /** The network that it comes from. */
  readonly network: string;
  /** What its last request showed. */
  readonly ticket?: Pick<Ticket, "sub" | "fleet"> | undefined;
  /** For how long its client has taken nothing of an answer that waits for it, when last looked at. */
  readonly stalledMs: number;
  /** How long the client has owed a request by then; 0 while one is answered. */
  owesRequestMs(now: number): number;
}

/** How long a client may do nothing while others want its place. */
export interface SlotsPatience {
  /** Before its first request. */
  readonly headerTimePressedMs: number;
  /** Its first request may be on its way, and may show a ticket. */
  readonly headerTimeFreshMs: number;
  /** While an answer waits for it. */
  readonly sendGracePressedMs: number;
}

const owedMsMax = 1e7;
const countMax = 1e4;
const lookEveryMs = 10; // it takes a look at all, and hundreds may come in a turn
const leastPart = 8; // those who come meanwhile may be worth less than the rest
const ticketSeatsMax = 16; // a browser opens six connections, our client fewer
const countEveryMs = 50; // as far as what a ticket holds may be out of date

/**
 * The connections of one worker, and who of them has to leave so that a newcomer always finds a
 * place: first those who are idle, or have said or read nothing for too long; then newcomers; who has
 * just come, and may show a ticket; ticket holders last, unless their ticket holds many places: it is
 * worth those of one machine. Among their like it is one of the network, or ticket, that has most of them: whoever floods pushes out itself.
 */
export class ConnectionSlots<Each extends Seat> {
  readonly #patience: SlotsPatience;
  readonly #seats = new Set<Each>();
  readonly #perNetwork = new Map<string, number>();
  /** When it was counted last. */
  readonly #perTicket = new Map<string, number>();
  #countedAt = Number.NEGATIVE_INFINITY;
  /** Those who would go first, the first of them last, as they were worth when looked at last. */
  #least: { readonly seat: Each; readonly worth: number }[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #freshTier = 3;

  constructor(patience: SlotsPatience) {
    this.#patience = patience;
  }

  get size(): number {
    return this.#seats.size;
  }

  [Symbol.iterator](): Iterator<Each> {
    return this.#seats.values();
  }

  add(seat: Each): void {
    this.#seats.add(seat);
    this.#perNetwork.set(seat.network, this.#countOf(seat) + 1);
  }

  delete(seat: Each): void {
    if (!this.#seats.delete(seat)) return;
    const left = this.#countOf(seat) - 1;
    if (left > 0) this.#perNetwork.set(seat.network, left);
    else this.#perNetwork.delete(seat.network);
    const { ticket } = seat;
    const ofTicket = ticket && this.#perTicket.get(ticket.sub);
    if (ticket && ofTicket !== undefined) this.#perTicket.set(ticket.sub, ofTicket - 1);
  }

  /** Among those for whom `mayGo` is true. */
  whoGivesWay(now: number, mayGo: (seat: Each) => boolean = () => true): Each | undefined {
    if (now - this.#lookedAt < lookEveryMs) {
      for (let next = this.#least.pop(); next !== undefined; next = this.#least.pop()) {
        const { seat, worth } = next;
        if (!this.#seats.has(seat) || !mayGo(seat)) continue;
        if (this.#worthOf(seat, now) <= worth) return seat;
        break;
      }
    }
    this.#look(now, mayGo);
    return this.#least.pop()?.seat;
  }

  /** Finds those who would go first: hundreds may come in one turn of the event loop. */
  #look(now: number, mayGo: (seat: Each) => boolean): void {
    this.#lookedAt = now;
    this.#countTickets(now);
    let fresh = 0;
    for (const seat of this.#seats) if (this.#isFresh(seat, now)) fresh++;
    // Who is served goes for no crowd that only says nothing.
    this.#freshTier = fresh * 2 > this.#seats.size ? 1 : 3;
    const all: { readonly seat: Each; readonly worth: number }[] = [];
    for (const seat of this.#seats) {
      if (mayGo(seat)) all.push({ seat, worth: this.#worthOf(seat, now) });
    }
    const count = Math.ceil(all.length / leastPart);
    const least = all.toSorted((a, b) => a.worth - b.worth).slice(0, count);
    this.#least = least.toReversed();
  }

  #countOf({ network }: Each): number {
    return this.#perNetwork.get(network) ?? 0;
  }

  #countTickets(now: number): void {
    if (now - this.#countedAt < countEveryMs) return;
    this.#countedAt = now;
    this.#perTicket.clear();
    for (const { standing, ticket } of this.#seats) {
      if (standing !== "known" || ticket === undefined) continue;
      this.#perTicket.set(ticket.sub, (this.#perTicket.get(ticket.sub) ?? 0) + 1);
    }
  }

  /** The places of its ticket, if those are more than one machine, or fleet, needs; else 0. */
  #crowdOf({ standing, ticket }: Each): number {
    if (standing !== "known" || ticket === undefined) return 0;
    const count = this.#perTicket.get(ticket.sub) ?? 0;
    return count > ticketSeatsMax * (ticket.fleet ?? 1) ? count : 0;
  }

  #isLost({ standing, busy, stalledMs }: Each, owedMs: number): boolean {
    const { headerTimePressedMs, sendGracePressedMs } = this.#patience;
    if (busy) return stalledMs > sendGracePressedMs;
    return standing !== "unheard" || owedMs > headerTimePressedMs;
  }

  /** Its request may be on its way, and may show a ticket. */
  #isFresh(seat: Each, now: number): boolean {
    if (seat.standing !== "unheard") return false;
    return seat.owesRequestMs(now) <= this.#patience.headerTimeFreshMs;
  }

  /** In one number, since it is asked of hundreds: tier, count, order, silence. */
  #worthOf(seat: Each, now: number): number {
    const owedMs = Math.min(seat.owesRequestMs(now), owedMsMax);
    const crowd = this.#crowdOf(seat);
    const few = countMax - Math.min(Math.max(this.#countOf(seat), crowd), countMax);
    const tier = crowd > 0 ? Number(seat.busy) : this.#tierOf(seat, owedMs, now);
    return ((tier * (countMax + 1) + few) * 3 + orderOf(seat)) * (owedMsMax + 1) - owedMs;
  }

  /** From whom it costs least to lose a place. */
  #tierOf(seat: Each, owedMs: number, now: number): number {
    const isLost = this.#isLost(seat, owedMs);
    if (seat.standing === "known") return isLost ? 2 : 4;
    if (isLost) return 0;
    if (this.#isFresh(seat, now)) return this.#freshTier;
    return seat.standing === "waited" ? 2 : 1;
  }
}

/** Who says nothing can be heard later; who waits has got nothing yet. */
function orderOf({ standing }: Seat): number {
  return standing === "served" ? 2 : standing === "waiting" ? 1 : 0;
}
