import type { Dice } from "../dice.ts";
import type { Life } from "../life.ts";
import type { World } from "../world.ts";
import { type Change, torn } from "./disk-file.ts";
import { Folders } from "./folders.ts";

/** How quick a disk is. */
export interface DiskPace {
  readonly accessMs: number;
  /** What a sync takes. */
  readonly syncMs: number;
}

/** Something that was begun and may be cut off in the middle. */
interface InFlight {
  /** Does it wholly, in part, or not at all. */
  readonly cutOff: (dice: Dice) => void;
}

/**
 * A machine's disk. It outlives the programs that use it; what a kill or a power cut leaves of
 * it is what the next program finds.
 */
export class Disk {
  readonly folders = new Folders();
  /** While true nothing more fits. */
  full = false;
  /** Whether it tells how much room there is. */
  tellsRoom = true;
  /** Refuses to replace a file that is open, as some file systems do. */
  strict = false;
  /** Called after each change, with the name of the file. */
  onChange: (name: string) => void = () => undefined;
  /** Called when an operation begins; a crash point may be there. */
  onOperation: (life: Life) => void = () => undefined;
  readonly #world: World;
  readonly #dice: Dice;
  readonly #pace: DiskPace;
  readonly #inFlight = new Set<InFlight>();

  constructor(world: World, pace: DiskPace) {
    this.#world = world;
    this.#dice = world.dice.fork("disk");
    this.#pace = pace;
  }

  /**
   * Does one operation of a program. When it is cut off, `cutOff` does what of it happens.
   * @param act does it; what it throws is the operation's failure
   */
  operate<Value>(
    life: Life,
    kind: "access" | "sync",
    act: () => Value,
    cutOff: (dice: Dice) => void = () => undefined,
  ): Promise<Value> {
    return life.call(({ resolve, reject }) => {
      const inFlight = { cutOff };
      const mean = kind === "sync" ? this.#pace.syncMs : this.#pace.accessMs;
      this.#inFlight.add(inFlight);
      this.#world.after((mean * this.#dice.between(50, 150)) / 100, () => {
        if (!this.#inFlight.delete(inFlight) || life.dead) return;
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      });
      this.onOperation(life);
    });
  }

  /**
   * The programs are gone, what they wrote is not, but for what they were just writing.
   * @returns how many operations were cut off
   */
  kill(): number {
    this.#world.note("kill");
    const count = this.#cutOff();
    for (const name of this.folders.names()) this.onChange(name);
    return count;
  }

  /** As `kill`, and what was not synced is lost wholly, partly, or not. */
  cutPower(): number {
    this.#world.note("power cut");
    const count = this.#cutOff();
    this.folders.losePower(this.#dice);
    for (const name of this.folders.names()) this.onChange(name);
    return count;
  }

  /** The part of a change that is written before it is cut off, or before the disk is full. */
  partOf(change: Change): readonly Change[] {
    return torn(change, this.#dice);
  }

  #cutOff(): number {
    const count = this.#inFlight.size;
    for (const { cutOff } of this.#inFlight) cutOff(this.#dice);
    this.#inFlight.clear();
    return count;
  }
}
