import type { Clock, HostError } from "@causeway/kernel";
import type { Log } from "../log.ts";
import type { AlarmBounds } from "../shield/ticket-alarms.ts";
import { EdgeAlarms } from "./edge-alarms.ts";
import { EdgeMeter } from "./edge-meter.ts";
import type { EdgeStats } from "./edge-stats.ts";

const askEveryMs = 1_000;
const unansweredMax = 3; // one that starts again is back by then

/** What a follower acts through. */
interface EdgeFollowerPorts {
  /** What HAProxy counted since it started. @throws {HostError} none is there */
  stats(): Promise<EdgeStats>;
  /** What it answers to `refusedCommand`. @throws {HostError} none is there */
  refused(): Promise<string>;
  readonly clock: Pick<Clock, "wall" | "sleep">;
  readonly log: Log;
}

/** Follows an HAProxy of ours that others start and end: what it does, and whom it turns away. */
export class EdgeFollower {
  readonly #control: string;
  readonly #ports: EdgeFollowerPorts;
  readonly #meter: EdgeMeter;
  readonly #alarms: EdgeAlarms;
  #unanswered = 0;
  #told: "nothing" | "silent" | "answers" = "nothing";

  /** @param control its runtime socket */
  constructor(control: string, bounds: AlarmBounds, ports: EdgeFollowerPorts) {
    const { clock, log } = ports;
    this.#control = control;
    this.#ports = ports;
    this.#meter = new EdgeMeter(() => ports.stats());
    this.#alarms = new EdgeAlarms(bounds, {
      ask: () => ports.refused(),
      log,
      now: () => clock.wall(),
      opening: `causeway edge change --control ${control} --open`,
    });
  }

  /** Whether it answered when it was asked last. */
  get answers(): boolean {
    return this.#told !== "nothing" && this.#unanswered === 0;
  }

  /** What it and those before it did since this began to follow them, or they started. */
  stats(): EdgeStats {
    return this.#meter.stats();
  }

  /** In how many windows each rule turned away too many machines with good tickets. */
  alarms(): ReturnType<EdgeAlarms["counts"]> {
    return this.#alarms.counts();
  }

  /** Follows it until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const endAlarms = this.#alarms.run();
    while (!signal.aborted) {
      const failure = await this.#meter.update();
      if (signal.aborted) break; // that is why it failed
      this.#note(failure);
      await this.#ports.clock.sleep(askEveryMs, signal).catch(() => undefined);
    }
    endAlarms();
  }

  #note(failure: HostError | undefined): void {
    const { log } = this.#ports;
    const control = this.#control;
    if (failure === undefined) {
      this.#unanswered = 0;
      if (this.#told === "answers") return;
      this.#told = "answers";
      log({ level: "info", event: "edge-answers", fields: { control } });
      return;
    }
    this.#unanswered++;
    if (this.#unanswered < unansweredMax || this.#told === "silent") return;
    this.#told = "silent";
    log({ level: "error", event: "edge-silent", fields: { control, why: failure.message } });
  }
}
