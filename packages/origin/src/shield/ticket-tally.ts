import { HyperLogLog } from "../measures/hyper-log-log.ts";
import { type Hash, keyedHash } from "../measures/keyed-hash.ts";
import type { ShieldRule } from "./rulebook.ts";
import type { Ticket } from "./ticket.ts";

/** What one rule did to the machines that showed good tickets in a window, about. */
export interface RefusedMachines {
  readonly rule: ShieldRule;
  readonly machines: number;
  /** All that showed one. */
  readonly of: number;
}

/**
 * How many of the machines that show good tickets each rule turns away, window by window. Machines
 * are counted, and not requests: a stolen ticket that a flood shows is one. By sketches of fixed
 * size; a browser's visit is no machine that anybody knows.
 */
export class TicketTally {
  readonly #key: Hash;
  readonly #shown = new HyperLogLog();
  readonly #refused = new Map<ShieldRule, HyperLogLog>();

  /** `key` is random and secret. */
  constructor(key: Hash) {
    this.#key = key;
  }

  noteShown(ticket: Ticket | undefined): void {
    if (isMachine(ticket)) this.#shown.add(this.#hashOf(ticket));
  }

  /** The rule turned away who shows this ticket. */
  noteRefused(rule: ShieldRule, ticket: Ticket): void {
    if (!isMachine(ticket)) return;
    const refused = this.#refused.get(rule) ?? new HyperLogLog();
    this.#refused.set(rule, refused);
    refused.add(this.#hashOf(ticket));
  }

  /** What the rules did since the last call, of those that did anything. */
  endWindow(): readonly RefusedMachines[] {
    if (this.#refused.size === 0) {
      this.#shown.clear();
      return [];
    }
    const of = Math.round(this.#shown.estimate());
    const all = [...this.#refused].map(([rule, refused]) => {
      return { rule, machines: Math.round(refused.estimate()), of };
    });
    this.#shown.clear();
    this.#refused.clear();
    return all;
  }

  #hashOf({ sub }: Ticket): Hash {
    return keyedHash(this.#key, Buffer.from(sub, "latin1"));
  }
}

function isMachine(ticket: Ticket | undefined): ticket is Ticket {
  return ticket !== undefined && ticket.forVisit !== true;
}
