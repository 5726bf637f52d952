import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { CausewayError } from "@causeway/kernel";
import { fileStamp } from "../file-stamp.ts";
import type { Log } from "../log.ts";
import type { TicketKey } from "./ticket-key-file.ts";
import { readTicketKeys } from "./ticket-keys.ts";

const lookMs = 500;

/**
 * Tells of the keys in a file whenever they change. What cannot be read, or is gone, changes
 * nothing: the last good keys stay, and it is logged once.
 */
export class TicketKeysFollower {
  readonly #file: string;
  readonly #log: Log;
  readonly #onKeys: (keys: readonly TicketKey[]) => void;
  #stamp: string | undefined;
  #taken = "";
  #warned = "";
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(file: string, log: Log, onKeys: (keys: readonly TicketKey[]) => void) {
    this.#file = file;
    this.#log = log;
    this.#onKeys = onKeys;
  }

  /** Resolves after the first look, and goes on looking. Keeps no process alive. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#stopped) return;
    // The next one is set when this one is done: a disk that hangs must not be asked ever more.
    this.#timer = setTimeout(() => void this.start(), lookMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const stamp = await stampOf(this.#file);
      if (stamp !== undefined && stamp === this.#stamp) return;
      const keys = await readTicketKeys(this.#file);
      if (keys === undefined) this.#warn("HOST_MISSING", `${this.#file} is not there`);
      else {
        this.#stamp = stamp;
        this.#warned = "";
        this.#take(keys);
      }
    } catch (cause) {
      if (!(cause instanceof CausewayError)) throw cause;
      this.#warn(cause.code, cause.message);
    }
  }

  #take(keys: readonly TicketKey[]): void {
    const text = JSON.stringify(keys);
    if (text === this.#taken || this.#stopped) return;
    this.#taken = text;
    this.#onKeys(keys);
    const kids = keys.map(({ kid }) => kid).join(" ");
    this.#log({ level: "info", event: "ticket-keys-taken", fields: { kids } });
  }

  #warn(code: string, message: string): void {
    if (message === this.#warned) return;
    this.#warned = message;
    this.#log({ level: "error", event: "ticket-keys-unreadable", fields: { code, message } });
  }
}

/** Undefined when there is no such file. @throws {HostError} */
async function stampOf(file: string): Promise<string | undefined> {
  try {
    return await fileStamp(file);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `look at ${file}`);
  }
}
