import type { Exchange, Handler } from "../exchange.ts";
import type { RefusalMeans } from "../refusals.ts";
import { readPlaces } from "./place-reader.ts";
import type { TicketKey } from "./ticket-key-file.ts";
import { TicketOffice, type ToldEntrances, wentThroughCache } from "./ticket-office.ts";
import { readTickets } from "./ticket-reader.ts";
import { TicketVerifier } from "./ticket-verifier.ts";
import { WaitingPlaces } from "./waiting-places.ts";
import { WorkPuzzle } from "./work-puzzle.ts";
import { readWork } from "./work-reader.ts";

/** What a desk asks of the shield. */
export interface DeskPorts {
  /** As in `OfficePorts`. */
  readonly calm: () => boolean;
  /** As in `WorkPuzzle.challenge`. */
  readonly pressure: () => number;
}

/** All that one worker gives and takes as a sign of who asks: tickets, places and puzzles. */
export class TicketDesk {
  readonly office: TicketOffice;
  readonly #verifier: TicketVerifier;
  readonly #places: WaitingPlaces;
  readonly #puzzle: WorkPuzzle;
  readonly #pressure: () => number;

  /** As `TicketOffice`. Until `setKeys` nothing is given or taken. */
  constructor(audience: string, entrances: ToldEntrances, { calm, pressure }: DeskPorts) {
    this.#pressure = pressure;
    this.office = new TicketOffice(audience, entrances, { calm });
    this.#verifier = new TicketVerifier(audience);
    this.#places = new WaitingPlaces(audience);
    this.#puzzle = new WorkPuzzle(audience);
  }

  setKeys(keys: readonly TicketKey[]): void {
    for (const each of [this.office, this.#verifier, this.#places, this.#puzzle])
      each.setKeys(keys);
  }

  /** Puts what a client shows on its exchange. */
  reader(next: Handler): Handler {
    return readPlaces(readTickets(readWork(next, this.#puzzle), this.#verifier), this.#places);
  }

  /** What whoever is refused gets in with later; nothing where a ticket was shown, which is worth more. */
  meansFor(exchange: Exchange): RefusalMeans {
    const { from, ticket, counters } = exchange;
    if (from === undefined) return {};
    const now = Date.now() / 1000;
    const challenge = (): string | undefined => {
      return this.#puzzle.challenge(from, this.#pressure(), now);
    };
    // A cache would hand one's place to all.
    if (ticket !== undefined || wentThroughCache(exchange)) return { challenge };
    const place = (afterSeconds: number): string | undefined => {
      const given = this.#places.give(from, afterSeconds, now);
      if (given !== undefined) counters.tickets.place++;
      return given;
    };
    return { challenge, place };
  }
}
