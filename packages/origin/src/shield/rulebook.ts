import type { Instant } from "@causeway/kernel";

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

/** What one worker's shield asks before it turns anybody away. */
export class Rulebook {
  readonly #now: () => Instant;
  readonly #isShieldOff: boolean;
  #opened: ReadonlyMap<OpenedRule["rule"], Instant> = new Map();

  /** With `isShieldOff` all rules are open, always. */
  constructor(isShieldOff = false, now: () => Instant = Date.now) {
    this.#isShieldOff = isShieldOff;
    this.#now = now;
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
}
