import { type HostCode, HostError } from "@causeway/kernel";

const codes: ReadonlyMap<string, readonly [HostCode, string]> = new Map([
  ["ENOSPC", ["HOST_FULL", "the disk is full; make room and try again."]],
  ["EDQUOT", ["HOST_FULL", "the disk quota is used up; make room and try again."]],
  ["EFBIG", ["HOST_FULL", "the file is too large for this file system."]],
  ["EACCES", ["HOST_DENIED", "access is denied; check its owner and mode."]],
  ["EPERM", ["HOST_DENIED", "access is denied; check its owner and mode."]],
  ["EROFS", ["HOST_DENIED", "the file system is read-only."]],
  ["ENOENT", ["HOST_MISSING", "there is no such file."]],
  ["EISDIR", ["HOST_IO", "a folder stands where a file is expected."]],
  ["ENOTDIR", ["HOST_IO", "a file stands where a folder is expected."]],
  ["EEXIST", ["HOST_IO", "a file stands where a folder is expected."]],
]);

/** The one place where an error of the file system becomes ours. Keeps it as the cause. */
export function hostFault(error: unknown, file: string): HostError {
  if (error instanceof HostError) return error;
  const errno = errnoOf(error);
  const [code, what] = codes.get(errno ?? "") ?? [
    "HOST_IO",
    `it failed (${errno ?? String(error)}).`,
  ];
  return new HostError(code, `${file}: ${what}`, { cause: error });
}

/** @returns the system's name of the failure, as `ENOENT` */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
