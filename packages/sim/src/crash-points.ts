import type { Checker } from "./checkers/checker.ts";
import type { Customer, Run } from "./customer.ts";
import type { Disk } from "./disk/disk.ts";
import type { CrashDraw } from "./swarm.ts";
import type { World } from "./world.ts";

/** Cuts the customer off where the drill says, as long as anything may fail. */
export class CrashPoints implements Checker {
  readonly #world: World;
  readonly #crashes: readonly CrashDraw[];
  readonly #customer: () => Customer;
  #operations = 0;
  #run: Run | undefined;
  /** False when nothing is to fail any more. */
  armed = true;

  constructor(world: World, disk: Disk, crashes: readonly CrashDraw[], customer: () => Customer) {
    this.#world = world;
    this.#crashes = crashes;
    this.#customer = customer;
    disk.onOperation = () => this.#count();
  }

  readonly began = (run: Run): void => {
    this.#run = run;
    this.#operations = 0;
    for (const crash of this.#crashes) {
      if (crash.run !== run.number || !("ms" in crash.at)) continue;
      // It may be over by then: what a run left unsynced is lost while nobody works.
      this.#world.after(crash.at.ms, () => this.#crash(crash, run));
    }
  };

  #count(): void {
    this.#operations++;
    for (const crash of this.#crashes) {
      const isHere = "operation" in crash.at && crash.at.operation === this.#operations;
      if (isHere && this.#run?.number === crash.run) this.#crash(crash, this.#run);
    }
  }

  #crash(crash: CrashDraw, run: Run): void {
    if (!this.armed || run.life.dead) return;
    this.#customer().crash(crash.kind);
  }
}
