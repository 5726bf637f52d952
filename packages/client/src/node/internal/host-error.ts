import { type HostCode, HostError } from "@causeway/kernel";

const meanings: ReadonlyMap<string, readonly [HostCode, string]> = new Map([
  ["ENOSPC", ["HOST_FULL", "the disk is full; make room and try again"]],
  ["EDQUOT", ["HOST_FULL", "the disk quota is used up; make room and try again"]],
  [
    "EFBIG",
    ["HOST_FULL", "no file of this file system is that long (FAT: 4 GiB); use another disk"],
  ],
  ["EACCES", ["HOST_DENIED", "the operating system refuses access; check owner and mode"]],
  ["EPERM", ["HOST_DENIED", "the operating system refuses access; check owner and mode"]],
  ["EROFS", ["HOST_DENIED", "the file system is read-only; choose another folder"]],
  ["ENOENT", ["HOST_MISSING", "it is not there"]],
  ["ENOTDIR", ["HOST_MISSING", "a part of its path is no folder"]],
  ["EISDIR", ["HOST_IO", "a folder stands where a file is expected"]],
  ["EEXIST", ["HOST_IO", "something of that name stands there already"]],
  ["EMFILE", ["HOST_BUSY", "this process has too many files open"]],
  ["ENFILE", ["HOST_BUSY", "the system has too many files open"]],
]);

/**
 * What a failed act on this machine is to our callers; `act` says what was tried, as
 * `write x.json`. Keeps the cause. An error that is a `HostError` already stays as it is.
 */
export function toHostError(cause: unknown, act: string): HostError {
  if (cause instanceof HostError) return cause;
  const known = meanings.get(errnoOf(cause) ?? "");
  if (known !== undefined) return new HostError(known[0], `cannot ${act}: ${known[1]}.`, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HostError("HOST_IO", `cannot ${act}: ${why}.`, { cause });
}

/** @returns the system's name of the failure, as `ENOENT` */
export function errnoOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}

/** Nothing of that name is there. */
export function isMissing(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === "ENOENT" || errno === "ENOTDIR";
}
