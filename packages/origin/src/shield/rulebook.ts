import type { Instant } from "@causeway/kernel";
import type { Ticket } from "./ticket.ts";

/**
 * By what the shield turns clients away, in the order in which one comes to them. What is no rule
 * of these is a bound without which a process does not live, as that of a request's length.
 */
export const shieldRules = [
  "handshakes", // of TLS: by address, by network, in all
  "connections", // how many are open; one gives way to the next
  "entrances", // only whose ticket names it comes in by a private one
  "ticket-shares", // what one ticket is worth
  "address-shares", // what an address and its network are worth
  "line", // what is worked on at once, and who waits for it how long
  "slow-readers", // who takes its answer too slowly
  "puzzle", // a browser that is refused may earn a ticket for a visit
] as const;
export type ShieldRule = (typeof shieldRules)[number];

/** A rule that turns nobody away for a time; `all`: none does. */
export interface OpenedRule {
  readonly rule: ShieldRule | "all";
  readonly until: Instant;
}

/** What stands around a rulebook. */
interface RulebookOptions {
  /** True: all rules are open, always. */
  readonly isShieldOff?: boolean;
  readonly now?: () => Instant;
  /** Called when a rule has turned away who shows a ticket. */
  readonly onRefused?: (rule: ShieldRule, ticket: Ticket) => void;
}

/** What one worker's shield asks before it turns anybody away, and tells when it has. */
export class Rulebook {
  readonly #isShieldOff: boolean;
  readonly #now: () => Instant;
  readonly #onRefused: NonNullable<RulebookOptions["onRefused"]>;
  #opened: ReadonlyMap<OpenedRule["rule"], Instant> = new Map();

  constructor({ isShieldOff = false, now = Date.now, onRefused }: RulebookOptions = {}) {
    this.#isShieldOff = isShieldOff;
    this.#now = now;
    this.#onRefused = onRefused ?? ((): void => {});
  }

  /** From now on these are open, each until its end, and no others. */
  setOpened(opened: readonly OpenedRule[]): void {
    this.#opened = new Map(opened.map(({ rule, until }) => [rule, until]));
  }

  /** Whether the rule turns nobody away now. */
  isOpen(rule: ShieldRule): boolean {
    if (this.#isShieldOff) return true;
    if (this.#opened.size === 0) return false;
    const end = Math.max(this.#opened.get(rule) ?? 0, this.#opened.get("all") ?? 0);
    return end > this.#now();
  }

  /** The rule has turned away who shows this ticket, if any. */
  noteRefused(rule: ShieldRule, ticket: Ticket | undefined): void {
    if (ticket !== undefined) this.#onRefused(rule, ticket);
  }
}
