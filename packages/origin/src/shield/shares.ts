import type { AddressPrefix } from "../tls/address-prefix.ts";
import { DebtTable } from "./debt-table.ts";
import { Rulebook } from "./rulebook.ts";
import type { Ticket } from "./ticket.ts";
import { TicketCensus } from "./ticket-census.ts";
import { UnderWay } from "./under-way.ts";
import type { Place } from "./waiting-places.ts";

/** What one machine is worth of one worker; see limits.ts for the figures and why. */
interface MachineShare {
  readonly shareWorkMsPerSecond: number;
  readonly shareBytesPerSecond: number;
  /** How much may be used at once after a rest, as a time. */
  readonly shareBurstMs: number;
  /** How many answers may be under way. */
  readonly shareAtOnce: number;
  /** Shares of a network (/24, /48) whose machines have shown no tickets. */
  readonly networkShares: number;
}

/** Where shares are given. */
export interface SharesPlace {
  /** How many give a part of everybody's share. */
  readonly workers: number;
  /** Only tickets count here: who has used up its own is nobody else, as a newcomer would be. */
  readonly isEntrance?: boolean;
}

/** Who asks. */
export interface Asker {
  readonly ticket: Ticket | undefined;
  /** Undefined when that is not known: then it has no share of an address to use up. */
  readonly from: AddressPrefix | undefined;
  readonly place?: Place;
}

/** How somebody goes: as the bearer of its ticket, or as one of its address and network. */
export interface Account {
  readonly known: boolean;
  /** A newcomer that was refused before, and came back when it was told to. */
  readonly hasWaited: boolean;
  /**
   * What has been used beyond what time has paid off, in milliseconds of a machine's share; and
   * for who has waited, by how much it came late.
   */
  readonly owedMs: number;
  readonly isOver: boolean;
}

/** Who used more while there was enough for all, or a rule was open, has paid within a minute. */
const overMsMax = 60_000;
const slots = 16_384; // capacity is some hundred shares: that many keys at most owe much at a time

/**
 * Who has used how much. A share is counted in the scarcer of two things: milliseconds of work, and
 * bytes (dominant resource fairness, Ghodsi et al., NSDI 2011); and as a debt that time pays off.
 * The key is the ticket; one whose share is used up goes as a newcomer, by its address (/32, /64)
 * and its network (/24, /48); unless it has waited: then by its place, which is worth one machine,
 * whatever others of its address do. Addresses and networks are worth as many machines as have
 * shown tickets there in calm times, so a company behind one address is no crowd of one.
 */
export class Shares {
  readonly #share: MachineShare;
  readonly #tickets: DebtTable;
  readonly #addresses: DebtTable;
  readonly #networks: DebtTable;
  readonly #places: DebtTable;
  /** By the names of tickets and of places, which are random. */
  readonly #underWay = new UnderWay();
  readonly #machinesAt: TicketCensus;
  readonly #machinesIn: TicketCensus;
  readonly #rules: Rulebook;
  readonly #isEntrance: boolean;
  #factor = 1;

  /**
   * What may be used at once is not cut by the number of workers: a client with one connection has
   * one worker.
   * @param random fills with random bits
   */
  constructor(
    share: MachineShare,
    { workers, isEntrance = false }: SharesPlace,
    random: (into: Uint32Array) => void,
    rules = new Rulebook(),
  ) {
    this.#rules = rules;
    this.#isEntrance = isEntrance;
    this.#share = {
      ...share,
      shareWorkMsPerSecond: share.shareWorkMsPerSecond / workers,
      shareBytesPerSecond: share.shareBytesPerSecond / workers,
      shareBurstMs: share.shareBurstMs * workers,
    };
    const owedMsMax = (share.shareBurstMs + overMsMax) * workers;
    this.#tickets = new DebtTable(slots, random, owedMsMax);
    this.#addresses = new DebtTable(slots, random, owedMsMax);
    this.#networks = new DebtTable(slots, random, owedMsMax);
    this.#places = new DebtTable(slots, random, owedMsMax);
    this.#machinesAt = new TicketCensus(random);
    this.#machinesIn = new TicketCensus(random);
  }

  /** From now on a machine is worth so much of what it usually is. */
  setPercent(percent: number): void {
    this.#factor = percent / 100;
  }

  /** A ticket was shown in calm times. `now` as everywhere: milliseconds that never go back. */
  noteTicket({ ticket, from }: Asker, now: number): void {
    if (ticket === undefined || ticket.forVisit || from === undefined) return;
    const machine = keyOf(ticket);
    this.#machinesAt.note(from.near, machine, now);
    this.#machinesIn.note(from.wide, machine, now);
  }

  accountOf({ ticket, from, place }: Asker, now: number): Account {
    const { shareBurstMs, shareAtOnce } = this.#share;
    if (ticket !== undefined) {
      const owedMs = this.#tickets.owedMs(keyOf(ticket), now);
      const hasRoom = this.#underWay.countOf(ticket.sub) < shareAtOnce * (ticket.fleet ?? 1);
      const isWithin = (owedMs <= shareBurstMs && hasRoom) || this.#rules.isOpen("ticket-shares");
      if (isWithin) return { known: true, hasWaited: false, owedMs, isOver: false };
      if (this.#isEntrance) return { known: false, hasWaited: false, owedMs, isOver: true };
    }
    if (place !== undefined) {
      const owedMs = this.#places.owedMs(keyOfPlace(place), now);
      const account = { known: false, hasWaited: true, owedMs: owedMs + place.lateMs };
      const hasRoom = this.#underWay.countOf(place.id) < shareAtOnce;
      if (owedMs <= shareBurstMs && hasRoom) return { ...account, isOver: false };
    }
    if (from === undefined) return { known: false, hasWaited: false, owedMs: 0, isOver: false };
    const near = this.#addresses.owedMs(from.near, now);
    const wide = this.#networks.owedMs(from.wide, now);
    const owedMs = Math.max(near, wide);
    const isOver = owedMs > shareBurstMs && !this.#rules.isOpen("address-shares");
    return { known: false, hasWaited: false, owedMs, isOver };
  }

  /**
   * An answer begins. Whoever reads slowly holds the place of a connection, that of a ticket holder
   * before all others: so one ticket, or place, has a few.
   * @returns what says that it has ended; safe to call twice
   */
  begin(
    { ticket, place }: Asker,
    { known, hasWaited }: Pick<Account, "known" | "hasWaited">,
  ): () => void {
    const name = known ? ticket?.sub : hasWaited ? place?.id : undefined;
    return name === undefined ? () => {} : this.#underWay.begin(name);
  }

  /** `known` as the account said. */
  charge(
    { ticket, from, place }: Asker,
    { known, hasWaited }: Pick<Account, "known" | "hasWaited">,
    used: { readonly workMs: number; readonly bytes: number },
    now: number,
  ): void {
    const { shareWorkMsPerSecond, shareBytesPerSecond, networkShares } = this.#share;
    const ofWork = used.workMs / shareWorkMsPerSecond;
    const ms = Math.max(ofWork, used.bytes / shareBytesPerSecond) * (1_000 / this.#factor);
    if (known && ticket !== undefined) {
      this.#tickets.charge(keyOf(ticket), ms / (ticket.fleet ?? 1), now);
      return;
    }
    if (hasWaited && place !== undefined) this.#places.charge(keyOfPlace(place), ms, now);
    if (from !== undefined) {
      const machines = Math.max(1, this.#machinesAt.countOf(from.near, now));
      this.#addresses.charge(from.near, ms / machines, now);
      const inNetwork = Math.max(networkShares, this.#machinesIn.countOf(from.wide, now));
      this.#networks.charge(from.wide, ms / inNetwork, now);
    }
  }
}

function keyOfPlace({ id }: Place): Uint8Array {
  return Buffer.from(id, "latin1");
}

function keyOf({ sub }: Ticket): Uint8Array {
  return Buffer.from(sub, "latin1");
}
