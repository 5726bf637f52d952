import { HostError, type Instant } from "@causeway/kernel";
import type { Log } from "../log.ts";
import type { ShieldRule } from "../shield/rulebook.ts";
import { type AlarmBounds, TicketAlarms } from "../shield/ticket-alarms.ts";
import type { RefusedMachines } from "../shield/ticket-tally.ts";
import { refusedLately } from "./refused-machines.ts";

/** What stands around them. */
interface EdgeAlarmPorts {
  /** Gets what `refusedCommand` answers. @throws {HostError} none is in front */
  readonly ask: () => Promise<string>;
  readonly log: Log;
  readonly now: () => Instant;
  /** The command, but for the rule, that opens one there; absent: the policy of its origin does. */
  readonly opening?: string;
}

/** The alarms of an HAProxy in front, as those of a worker, but of the last minute each. */
export class EdgeAlarms {
  readonly #ports: EdgeAlarmPorts;
  readonly #windowMs: number;
  readonly #alarms: TicketAlarms;
  #refused: readonly RefusedMachines[] = [];

  constructor(bounds: AlarmBounds, ports: EdgeAlarmPorts) {
    this.#ports = ports;
    this.#windowMs = bounds.alarmWindowMs;
    const { log, opening } = ports;
    const told: Log = (entry) => log({ ...entry, fields: { ...entry.fields, at: "HAProxy" } });
    this.#alarms = new TicketAlarms(bounds, { endWindow: () => this.#refused }, told, opening);
  }

  counts(): Readonly<Record<ShieldRule, number>> {
    return this.#alarms.counts();
  }

  /** Looks once in each window, until what it returns is called. */
  run(): () => void {
    const looking = setInterval(() => void this.look(performance.now()), this.#windowMs).unref();
    return () => clearInterval(looking);
  }

  /** `now` in milliseconds of a clock that never goes back. */
  async look(now: number): Promise<void> {
    try {
      this.#refused = refusedLately(await this.#ports.ask(), this.#ports.now());
    } catch (cause) {
      if (!(cause instanceof HostError)) throw cause;
      return; // there is none in front now
    }
    this.#alarms.endWindow(now);
  }
}
