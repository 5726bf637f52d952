import type { Instant } from "@causeway/kernel";
import type { Log } from "../log.ts";
import type { PolicyKeeper } from "../policy/policy-keeper.ts";
import type { TicketKey } from "./ticket-key-file.ts";
import { TicketKeyRing } from "./ticket-key-ring.ts";
import { type ListedTicketKey, listedKeys, replaceTicketKeys } from "./ticket-keys.ts";
import { TicketKeysFollower } from "./ticket-keys-follower.ts";

/**
 * The ticket keys of one origin, in its supervisor: it follows their file, and what operators say
 * of them, and tells of each change.
 */
export class TicketKeyKeeper {
  readonly #file: string;
  readonly #now: () => Instant;
  readonly #ring: TicketKeyRing;
  readonly #follower: TicketKeysFollower;
  #told: (keys: readonly TicketKey[]) => void = () => {};

  constructor(file: string, policy: PolicyKeeper, log: Log, now: () => Instant = Date.now) {
    this.#file = file;
    this.#now = now;
    this.#ring = new TicketKeyRing(policy.inForce, log, (keys) => this.#told(keys));
    this.#follower = new TicketKeysFollower(file, log, (keys) => this.#ring.setFileKeys(keys));
    policy.follow((changed) => this.#ring.setPolicy(changed));
  }

  /** Those that count, the newest first. */
  get keys(): readonly TicketKey[] {
    return this.#ring.keys;
  }

  /** All that are in the file, without their secrets. */
  listed(): readonly ListedTicketKey[] {
    return listedKeys(this.#ring.fileKeys, this.#ring.keys, this.#now());
  }

  /** Calls `told` whenever other keys count. */
  follow(told: (keys: readonly TicketKey[]) => void): void {
    this.#told = told;
  }

  /** Resolves when the file was looked at for the first time. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  /** Puts these into the file, and takes them at once. @throws {HostError} nothing has changed */
  async replace(keys: readonly TicketKey[]): Promise<void> {
    await replaceTicketKeys(this.#file, keys);
    this.#follower.take(keys);
  }

  stop(): void {
    this.#follower.stop();
  }
}
