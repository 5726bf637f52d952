import { type FileLock, holderOf, tryFileLock } from "@causeway/client/internal/file-lock";
import { HostError } from "@causeway/kernel";

/**
 * Takes the vendor folder for one writer, or says at once who has it: whoever publishes by hand
 * wants to know that a timer is at work, and a timer comes again.
 * @throws {HostError} `HOST_BUSY`, naming the holder
 */
export function takeLock(file: string): FileLock {
  const lock = tryFileLock(file);
  if (lock !== undefined) return lock;
  const pid = holderOf(file);
  const who = pid === undefined ? "another process" : `process ${pid}`;
  const message = `${who} is working on this vendor folder; wait for it, then run this again.`;
  throw new HostError("HOST_BUSY", message);
}
