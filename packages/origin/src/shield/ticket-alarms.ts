import type { Log } from "../log.ts";
import { type ShieldRule, shieldRules } from "./rulebook.ts";
import type { RefusedMachines, TicketTally } from "./ticket-tally.ts";

/** Bounds of the alarms; see limits.ts for the figures and why. */
export interface AlarmBounds {
  readonly alarmWindowMs: number;
  readonly alarmPercent: number;
  readonly alarmMachines: number;
  readonly alarmQuietMs: number;
}

/** Whether a rule turned away more machines with good tickets than are theirs to blame. */
export function isAlarm({ machines, of }: RefusedMachines, bounds: AlarmBounds): boolean {
  return machines >= bounds.alarmMachines && machines * 100 >= of * bounds.alarmPercent;
}

/**
 * Rings when a rule turns away a part of the machines with good tickets that is too large to be
 * theirs to blame: the shield is there for them. It is counted window by window, and told to the log
 * once in a while, with what can be done.
 */
export class TicketAlarms {
  readonly #bounds: AlarmBounds;
  readonly #tally: Pick<TicketTally, "endWindow">;
  readonly #log: Log;
  readonly #opening: string;
  readonly #toldAt = new Map<ShieldRule, number>();
  readonly #counts = Object.fromEntries(shieldRules.map((rule) => [rule, 0])) as Record<
    ShieldRule,
    number
  >;

  /** `opening` is the command, but for the rule, that has a rule turn nobody away. */
  constructor(
    bounds: AlarmBounds,
    tally: Pick<TicketTally, "endWindow">,
    log: Log,
    opening = "causeway policy open",
  ) {
    this.#bounds = bounds;
    this.#tally = tally;
    this.#log = log;
    this.#opening = opening;
  }

  /** In how many windows each rule turned away too many. */
  counts(): Readonly<Record<ShieldRule, number>> {
    return { ...this.#counts };
  }

  /** Looks on the clock of this process, until what it returns is called. */
  run(): () => void {
    const look = (): void => this.endWindow(performance.now());
    const looking = setInterval(look, this.#bounds.alarmWindowMs).unref();
    return () => clearInterval(looking);
  }

  /** To be called every `alarmWindowMs`. `now` in milliseconds of a clock that never goes back. */
  endWindow(now: number): void {
    const { alarmQuietMs } = this.#bounds;
    for (const refused of this.#tally.endWindow()) {
      if (!isAlarm(refused, this.#bounds)) continue;
      const { rule, machines, of } = refused;
      this.#counts[rule]++;
      const toldAt = this.#toldAt.get(rule) ?? Number.NEGATIVE_INFINITY;
      if (now - toldAt < alarmQuietMs) continue;
      this.#toldAt.set(rule, now);
      const next = `${this.#opening} ${rule} --for 1h, if they are no flood`;
      this.#log({
        level: "warn",
        event: "rule-refuses-tickets",
        fields: { rule, machines, of, next },
      });
    }
  }
}
