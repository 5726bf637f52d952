import type { Instant } from "@causeway/kernel";
import { refusedRing } from "../edge/edge-names.ts";
import type { ShieldRule } from "../shield/rulebook.ts";
import type { RefusedMachines } from "../shield/ticket-tally.ts";
import { ticketedCommand, ticketedMachines } from "./ticketed-machines.ts";

/** The rules of HAProxy that tell whom they turned away; all others see no tickets. */
export const rulesTold = ["ticket-shares", "line"] as const satisfies readonly ShieldRule[];

const secondsTold = 60; // as long as HAProxy knows who showed a ticket

/** HAProxy's command for what `refusedMachines` reads. */
export const refusedCommand = `show events ${refusedRing}; ${ticketedCommand}`;

/** A second, how it ended (`sQ`: it waited in vain), whether it was over its share, whose ticket. */
const refusal = /^(\d+) (\S+) (\S+) ([\w-]+)$/;

/** What `refusedMachines` finds of the minute before `now`. */
export function refusedLately(told: string, now: Instant): readonly RefusedMachines[] {
  return refusedMachines(told, now / 1000 - secondsTold);
}

/**
 * How many machines with good tickets each of HAProxy's rules turned away since then, at least: it
 * keeps the newest lines, and no others; and how many showed one within a minute.
 * @param told what HAProxy answers to `refusedCommand`
 * @param since in seconds since 1970
 */
export function refusedMachines(told: string, since: number): readonly RefusedMachines[] {
  const machines = new Map<ShieldRule, Set<string>>();
  const lines = told.split("\n");
  const of = ticketedMachines(lines) ?? 0;
  for (const line of lines) {
    const [, second, end, over, machine] = refusal.exec(line) ?? [];
    if (machine === undefined || Number(second) < since) continue;
    const rule: (typeof rulesTold)[number] | undefined =
      over === "1" ? "ticket-shares" : end === "sQ" ? "line" : undefined;
    if (rule === undefined) continue;
    const ofRule = machines.get(rule) ?? new Set();
    machines.set(rule, ofRule.add(machine));
  }
  return [...machines].map(([rule, { size }]) => ({ rule, machines: size, of }));
}
