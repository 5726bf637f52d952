import * as path from "node:path";
import { type Clock, HostError } from "@causeway/kernel";
import { type FileLock, holderOf, tryFileLock } from "./internal/file-lock.ts";
import { toHostError } from "./internal/host-error.ts";
import { makeFolders } from "./internal/make-folders.ts";

/** The process that holds a lock, as far as it could write that down. */
export interface LockHolder {
  readonly pid: number | undefined;
}

export interface LockOptions {
  /** How long to wait for another holder. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, when it turns out that somebody else holds the lock. */
  readonly onWait?: (holder: LockHolder) => void;
}

const pollMs = 50;

/**
 * Holds `folder` for this process alone, however it ends. Makes the folder if it is missing.
 * @throws {HostError} `HOST_BUSY`, naming the holder, when it is still held after `waitMs`
 * @throws the signal's reason when it fired
 */
export async function lockFolder(folder: string, options: LockOptions): Promise<FileLock> {
  const end = options.clock.steady() + options.waitMs;
  const file = path.join(folder, "lock");
  await makeFolder(folder);
  for (let asked = false; ; asked = true) {
    options.signal.throwIfAborted();
    const lock = tryFileLock(file);
    if (lock !== undefined) return lock;
    const pid = holderOf(file);
    if (options.clock.steady() >= end) {
      const who = pid === undefined ? "Another process" : `Process ${pid}`;
      throw new HostError("HOST_BUSY", `${who} holds ${folder}; try again when it is done.`);
    }
    if (!asked) options.onWait?.({ pid });
    await options.clock.sleep(pollMs, options.signal);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (cause) {
    throw toHostError(cause, `make the folder ${folder}`);
  }
}
