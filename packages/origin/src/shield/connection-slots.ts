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
interface SlotsPatience {
  /** Before its first request. */
  readonly headerTimePressedMs: number;
  /** Its first request may be on its way, and may show a ticket. */
  readonly headerTimeFreshMs: number;
  /** While an answer waits for it. */
  readonly sendGracePressedMs: number;
}

const owedMsMax = 1e7;
const countMax = 1e4;
const tierSize = (countMax + 1) * 3 * (owedMsMax + 1);
const freshTiers = 2; // above newcomers: that is behind those who have waited
const ticketSeatsMax = 16; // a browser opens six connections, our client fewer
const countEveryMs = 50; // it takes a look at all, and hundreds may come in a turn

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
    this.#countTickets(now);
    const fresh = new Least<Each>();
    const others = new Least<Each>();
    for (const seat of this.#seats) {
      if (!mayGo(seat)) continue;
      const owedMs = Math.min(seat.owesRequestMs(now), owedMsMax);
      (this.#isFresh(seat, owedMs) ? fresh : others).take(seat, this.#worthOf(seat, owedMs));
    }
    // Who is served goes for no crowd that only says nothing.
    const freshWorth =
      fresh.worth + (fresh.count * 2 > this.#seats.size ? 0 : freshTiers * tierSize);
    return others.worth <= freshWorth ? others.seat : fresh.seat;
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
  #isFresh({ standing }: Each, owedMs: number): boolean {
    return standing === "unheard" && owedMs <= this.#patience.headerTimeFreshMs;
  }

  /** In one number, since it is asked of hundreds for each newcomer: tier, count, order, silence. */
  #worthOf(seat: Each, owedMs: number): number {
    const crowd = this.#crowdOf(seat);
    const few = countMax - Math.min(Math.max(this.#countOf(seat), crowd), countMax);
    const tier = crowd > 0 ? Number(seat.busy) : tierOf(seat, this.#isLost(seat, owedMs));
    return tier * tierSize + (few * 3 + orderOf(seat)) * (owedMsMax + 1) - owedMs;
  }
}

/** Whoever is worth least. */
class Least<Each> {
  seat: Each | undefined;
  worth = Number.POSITIVE_INFINITY;
  count = 0;

  take(seat: Each, worth: number): void {
    this.count++;
    if (worth >= this.worth) return;
    this.seat = seat;
    this.worth = worth;
  }
}

/** From whom it costs least to lose a place. */
function tierOf({ standing }: Seat, isLost: boolean): number {
  if (standing === "known") return isLost ? 2 : 4;
  if (isLost) return 0;
  return standing === "waited" ? 2 : 1;
}

/** Who waits has got nothing yet; who has said nothing may be anybody. */
function orderOf({ standing }: Seat): number {
  return standing === "served" ? 2 : standing === "unheard" ? 1 : 0;
}
