import type { Exchange } from "../exchange.ts";
import type { HeaderList } from "../headers.ts";
import { networkKeyOf } from "../tls/address-prefix.ts";
import { entrancesFor } from "./entrance-choice.ts";
import { fleetLimits } from "./issue-fleet-ticket.ts";
import { pooledRandom } from "./pooled-random.ts";
import { ShardOffice } from "./shard-office.ts";
import { signingKey } from "./signing-key.ts";
import { issueTicket, type Ticket, ticketLifeSeconds } from "./ticket.ts";
import type { TicketKey } from "./ticket-key-file.ts";

const subjectBytes = 16;
// Whoever stole a key writes any end, and is given it anew under the next one.
const fleetSecondsMax = fleetLimits.daysMax * 86_400;
/** What every client asks for when it looks for something new. */
const checkedPath = "metadata/timestamp.json";

/** What stands around the office. */
export interface OfficePorts {
  /** True while there is room for everybody: who comes in an attack's hour gets no ticket. */
  readonly calm: () => boolean;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
  readonly random?: (bytes: number) => Buffer;
}

/** The private entrances that tickets name. */
export interface ToldEntrances {
  readonly ports: readonly number[];
  /** Whether they speak TLS: a client goes to them as it goes to the route. */
  readonly overTls: boolean;
}

/** Gives tickets to those who look for something new in calm times, and renews them at all times. */
export class TicketOffice {
  /** What gives the keys of reserves, with tickets. */
  readonly shards = new ShardOffice();
  readonly #audience: string;
  readonly #entrances: ToldEntrances;
  readonly #calm: () => boolean;
  readonly #now: () => number;
  readonly #random: (bytes: number) => Buffer;
  #keys: readonly TicketKey[] = [];

  /**
   * `audience` as in `Ticket.aud`. Until `setKeys` nobody gets a ticket.
   * @param entrances all that there are; each ticket names a few
   */
  constructor(
    audience: string,
    entrances: ToldEntrances,
    { calm, now = Date.now, random = pooledRandom }: OfficePorts,
  ) {
    this.#audience = audience;
    this.#entrances = entrances;
    this.#calm = calm;
    this.#now = now;
    this.#random = random;
  }

  setKeys(keys: readonly TicketKey[]): void {
    this.#keys = keys;
  }

  /**
   * The headers of an answer of 200 that brings all bytes of a file, with a ticket if it is to
   * carry one; the same object if not.
   */
  withTicket(exchange: Exchange, headers: HeaderList): HeaderList {
    if (exchange.path?.path !== checkedPath) return headers;
    if (wentThroughCache(exchange)) return headers;
    // A visit stays one: its work is worth minutes, and who has done it is not a machine that we know.
    const shown = exchange.ticket?.forVisit ? undefined : exchange.ticket;
    // Who is known stays so: an attack may last for longer than a ticket.
    if (shown === undefined && !this.#calm()) return headers;
    const now = this.#now();
    const key = signingKey(this.#keys, now);
    if (key === undefined) return headers;
    exchange.counters.tickets[shown === undefined ? "first" : "renewed"]++;
    const ticket = this.#next(shown, exchange, Math.floor(now / 1000));
    const given = [...ownAlone(headers), "Causeway-Ticket", issueTicket(ticket, key)];
    // Who comes in an attack's hour may be here for them.
    const { home } = ticket;
    const reserves = home !== undefined && this.#calm() ? this.shards.keysFor(home) : undefined;
    return reserves === undefined ? given : [...given, "Causeway-Reserves", reserves];
  }

  /**
   * Renewed, a ticket says what it said, for longer; its entrances are those of today. Who speaks for
   * many got that by hand, and it ends when it says, since it must come to an end once it is stolen:
   * that one outlives a change of keys alone.
   */
  #next(shown: Ticket | undefined, { request, client }: Exchange, now: number): Ticket {
    const { ports, overTls } = this.#entrances;
    const isTls = "encrypted" in request.socket;
    const sub = shown?.sub ?? this.#random(subjectBytes).toString("base64url");
    const ent = isTls === overTls ? entrancesFor(sub, ports) : [];
    const home = this.shards.homeOf(shown, networkKeyOf(client));
    return {
      aud: this.#audience,
      sub,
      since: shown?.since ?? now,
      exp:
        shown?.fleet === undefined
          ? now + ticketLifeSeconds
          : Math.min(shown.exp, now + fleetSecondsMax),
      ...(ent.length > 0 && { ent }),
      ...(home !== undefined && { home }),
      ...(shown?.fleet !== undefined && { fleet: shown.fleet }),
    };
  }
}

/**
 * True when a cache that others use too says that it stands in between: RFC 9110 section 7.6.3,
 * RFC 8586. The answer is for all of them, so nobody's ticket may be in it.
 */
export function wentThroughCache({ request: { headers } }: Exchange): boolean {
  return headers.via !== undefined || headers["cdn-loop"] !== undefined;
}

/** The headers with leave to keep the answer taken from all but the client. */
function ownAlone(headers: HeaderList): HeaderList {
  return headers.map((value, at) => {
    return at % 2 === 1 && headers[at - 1] === "Cache-Control" ? "private, no-cache" : value;
  });
}
