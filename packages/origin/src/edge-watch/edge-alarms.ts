import { HostError, type Instant } from "@causeway/kernel";
import type { Log } from "../log.ts";
import type { ShieldRule } from "../shield/rulebook.ts";
import { type AlarmBounds, TicketAlarms } from "../shield/ticket-alarms.ts";
import type { RefusedMachines } from "../shield/ticket-tally.ts";
import { refusedMachines } from "./refused-machines.ts";

const secondsTold = 60; // as long as HAProxy knows who showed a ticket

/** What stands around them. */
interface EdgeAlarmPorts {
  /** Gets what `refusedCommand` answers. @throws {HostError} none is in front */
  readonly ask: () => Promise<string>;
  readonly log: Log;
  readonly now: () => Instant;
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
    const { log } = ports;
    this.#alarms = new TicketAlarms(bounds, { endWindow: () => this.#refused }, (entry) => {
      log({ ...entry, fields: { ...entry.fields, at: "HAProxy" } });
    });
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
      const since = this.#ports.now() / 1000 - secondsTold;
      this.#refused = refusedMachines(await this.#ports.ask(), since);
    } catch (cause) {
      if (!(cause instanceof HostError)) throw cause;
      return; // there is none in front now
    }
    this.#alarms.endWindow(now);
  }
}
