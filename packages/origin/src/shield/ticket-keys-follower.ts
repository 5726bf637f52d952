import { HostError } from "@causeway/kernel";
import { stampIfThere } from "../file-stamp.ts";
import { Follower } from "../follower.ts";
import type { Log } from "../log.ts";
import type { TicketKey } from "./ticket-key-file.ts";
import { readTicketKeys } from "./ticket-keys.ts";

/**
 * Tells of the keys in a file whenever they change. What cannot be read, or is gone, changes
 * nothing: the last good keys stay, and it is logged once.
 */
export class TicketKeysFollower {
  readonly #follower: Follower<readonly TicketKey[]>;
  readonly #log: Log;
  readonly #onKeys: (keys: readonly TicketKey[]) => void;
  #taken = "";

  constructor(file: string, log: Log, onKeys: (keys: readonly TicketKey[]) => void) {
    this.#log = log;
    this.#onKeys = onKeys;
    this.#follower = new Follower({
      stamp: () => stampIfThere(file),
      read: async () => {
        const keys = await readTicketKeys(file);
        if (keys === undefined) throw new HostError("HOST_MISSING", `${file} is not there`);
        return keys;
      },
      take: (keys) => this.take(keys),
      warn: ({ code, message }) => {
        log({ level: "error", event: "ticket-keys-unreadable", fields: { code, message } });
      },
    });
  }

  /** Resolves when the file was looked at for the first time. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  stop(): void {
    this.#follower.stop();
  }

  /** Tells of what the file has, without waiting until it is looked at. */
  take(keys: readonly TicketKey[]): void {
    const text = JSON.stringify(keys);
    if (text === this.#taken) return;
    this.#taken = text;
    this.#onKeys(keys);
    const kids = keys.map(({ kid }) => kid).join(" ");
    this.#log({ level: "info", event: "ticket-keys-taken", fields: { kids } });
  }
}
