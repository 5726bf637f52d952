import { type HostCode, HostError } from "@causeway/kernel";

/** The system's short name of an error, as `ENOENT`, or "". */
export function systemCode(cause: unknown): string {
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") {
    return cause.code;
  }
  return "";
}

export function isMissing(cause: unknown): boolean {
  const code = systemCode(cause);
  return code === "ENOENT" || code === "ENOTDIR";
}

const meanings: ReadonlyMap<string, readonly [HostCode, string]> = new Map([
  ["ENOSPC", ["HOST_FULL", "the disk is full; free some space and run the command again"]],
  ["EDQUOT", ["HOST_FULL", "the disk quota is used up; free some space and run it again"]],
  ["EACCES", ["HOST_DENIED", "the operating system refuses access; check owner and mode"]],
  ["EPERM", ["HOST_DENIED", "the operating system refuses access; check owner and mode"]],
  ["EROFS", ["HOST_DENIED", "the file system is read-only; choose another folder"]],
  ["ENOENT", ["HOST_MISSING", "it is not there"]],
  ["ENOTDIR", ["HOST_MISSING", "a part of its path is no folder"]],
]);

/**
 * What a failed act on a file is to our callers; `act` says what was tried, as `write x.json`.
 * Errors that already are `HostError` stay as they are.
 */
export function toHostError(cause: unknown, act: string): HostError {
  if (cause instanceof HostError) return cause;
  const known = meanings.get(systemCode(cause));
  if (known !== undefined) return new HostError(known[0], `cannot ${act}: ${known[1]}.`, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HostError("HOST_IO", `cannot ${act}: ${why}.`, { cause });
}
