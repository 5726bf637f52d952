import { type HostCode, HostError } from "@causeway/kernel";

const codes: ReadonlyMap<string, HostCode> = new Map([
  ["EACCES", "HOST_DENIED"],
  ["EPERM", "HOST_DENIED"],
  ["EMFILE", "HOST_BUSY"],
  ["ENFILE", "HOST_BUSY"],
  ["ENOENT", "HOST_MISSING"],
]);

/** The operating system's error as ours; `what` names the act and the file. */
export function hostError(what: string, cause: unknown): HostError {
  const code = errnoOf(cause);
  return new HostError(codes.get(code) ?? "HOST_IO", `${what}: ${code}`, { cause });
}

/** The system's name of a failure, as `ENOENT`. */
export function errnoOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown failure";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
