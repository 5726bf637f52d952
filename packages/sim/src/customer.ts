import { createClient, type Got } from "@causeway/client";
import { CausewayError, NoRouteDelivered, type TextRecords } from "@causeway/kernel";
import type { Dice } from "./dice.ts";
import type { Disk } from "./disk/disk.ts";
import { DiskStore } from "./disk/disk-store.ts";
import { Life } from "./life.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { Network } from "./network/network.ts";
import { product } from "./vendor/patch-role.ts";
import type { World } from "./world.ts";

/** One call of `get`. */
export interface Run {
  readonly number: number;
  readonly life: Life;
  /** World time. */
  readonly beganAt: number;
  /** What it ended with; undefined while it goes on, or when it was cut off. */
  outcome: { readonly got: Got } | { readonly error: CausewayError } | undefined;
}

export interface Habits {
  /** Between one success and the next look. */
  readonly pollMs: number;
  /** After a first failure; after each further one in a row it waits twice as long. */
  readonly retryMs: number;
  /** From the end of one life to the next. */
  readonly rebootMs: number;
  readonly routes: readonly string[];
  readonly trust: Uint8Array;
  /** The DNS. */
  readonly texts: (life: Life) => TextRecords;
}

/** How a life ends early. */
export interface Crash {
  readonly kind: "kill" | "power cut";
  /** Operations on the disk that were cut off. */
  readonly cutOff: number;
}

/** Sees what the customer does, and what befalls it. */
export interface RunWatcher {
  readonly began?: (run: Run) => void;
  readonly ended?: (run: Run) => void;
  readonly crashed?: (crash: Crash) => void;
}

/** Where the state and the output lie on the customer's disk. */
export const stateFolder = "state";
export const outputFile = "out/app.bin";

/** A machine that wants the newest patch: it asks again and again, and is cut off at any moment. */
export class Customer {
  readonly #world: World;
  readonly #clock: MachineClock;
  readonly #disk: Disk;
  readonly #network: Network;
  readonly #habits: Habits;
  readonly #watchers: readonly RunWatcher[];
  readonly #dice: Dice;
  #life: Life | undefined;
  #lives = 0;
  #runs = 0;

  constructor(
    world: World,
    machine: { readonly clock: MachineClock; readonly disk: Disk; readonly network: Network },
    habits: Habits,
    watchers: readonly RunWatcher[],
  ) {
    this.#world = world;
    this.#clock = machine.clock;
    this.#disk = machine.disk;
    this.#network = machine.network;
    this.#habits = habits;
    this.#watchers = watchers;
    this.#dice = world.dice.fork("customer");
  }

  /** Undefined between two lives. */
  get life(): Life | undefined {
    return this.#life;
  }

  boot(): void {
    const life = new Life(`life ${++this.#lives}`, this.#world.now);
    this.#life = life;
    this.#world.note(`boot: ${life.name}`);
    this.#live(life).catch((error: unknown) => {
      this.#world.broke(0, `an error that no caller can act on: ${String(error)}`);
    });
  }

  /** Ends the life at this very moment; the next one begins after a while. */
  crash(kind: Crash["kind"]): void {
    if (this.#life === undefined) return;
    this.#life.end();
    this.#life = undefined;
    const cutOff = kind === "kill" ? this.#disk.kill() : this.#disk.cutPower();
    for (const { crashed } of this.#watchers) crashed?.({ kind, cutOff });
    this.#world.after(this.#habits.rebootMs, () => this.boot());
  }

  async #live(life: Life): Promise<never> {
    const clock = this.#clock.of(life);
    const { routes, trust, pollMs, retryMs } = this.#habits;
    const client = createClient({
      trust,
      routes,
      state: new DiskStore(this.#disk, life, stateFolder),
      onAnnouncement: ({ from, refused }) => {
        this.#world.note(`announcement of ${from}: ${refused?.message ?? "taken"}`);
      },
      ports: {
        clock,
        random: this.#dice.fork(life.name),
        transport: this.#network.transport(life),
        texts: this.#habits.texts(life),
      },
    });
    const [folder = "", name = ""] = outputFile.split("/");
    const output = { store: new DiskStore(this.#disk, life, folder), name };
    for (let failures = 0; ; ) {
      const run: Run = {
        number: ++this.#runs,
        life,
        beganAt: this.#world.now,
        outcome: undefined,
      };
      this.#world.note(`run ${run.number} begins`);
      for (const { began } of this.#watchers) began?.(run);
      try {
        const got = await client.get(product, { platform: "linux-x64", output });
        run.outcome = { got };
        this.#world.note(`run ${run.number} got ${got.version}`);
      } catch (error) {
        if (!(error instanceof CausewayError)) throw error;
        run.outcome = { error };
        this.#world.note(`run ${run.number} failed: ${told(error)}`);
      }
      for (const { ended } of this.#watchers) ended?.(run);
      failures = "got" in run.outcome ? 0 : failures + 1;
      const wait = failures === 0 ? pollMs : retryMs * 2 ** (failures - 1);
      await clock.sleep(Math.min(wait, pollMs));
    }
  }
}

function told(error: CausewayError): string {
  const attempts = error instanceof NoRouteDelivered ? error.attempts : [];
  const each = attempts.map((attempt) => `; ${attempt.url} ${attempt.error.message}`);
  return `${error.code} ${error.message}${each.join("")}`;
}
