import { type CausewayError, HostError } from "@causeway/kernel";
import { type CarrierCode, CarrierError } from "../carrier-error.ts";

/** How a program ended that spoke to another machine. */
export interface Ended {
  readonly program: string;
  readonly code: number | null;
  /** The end of what it said. */
  readonly said: string;
}

const missing = "there is no such file or folder";

// What OpenSSH and rsync say, in C's locale. Order matters: SSH says more than one thing of a key.
const meanings: readonly (readonly [RegExp, CarrierCode, string])[] = [
  [/Failed to exec/, "CARRIER_MISSING", "the program that ssh names is not on this machine"],
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    "CARRIER_HOST_KEY",
    "its host key is not known here, or has changed; compare it, then connect once with ssh",
  ],
  [
    /Permission denied \([a-z]|Too many authentication failures/,
    "CARRIER_DENIED",
    "not let in; without a password, ssh must get in there with a key",
  ],
  [
    /No space left on device|Disk quota exceeded|File too large/,
    "CARRIER_FULL",
    "the disk there is full, or a quota is used up; make room, then publish again",
  ],
  [
    /rsync: (command )?not found|rsync: No such file|rsync: not in path/i,
    "CARRIER_MISSING",
    "there is no rsync; install it there",
  ],
  [/(change_dir|link_stat) .* failed: No such file/, "CARRIER_MISSING", missing],
  [/Not a directory/, "CARRIER_MISSING", "a part of its path is no folder there; correct to"],
  [
    /Permission denied|Operation not permitted|Read-only file system/,
    "CARRIER_DENIED",
    "its user may not write there; check owner and mode of the folder",
  ],
  [
    /Could not resolve|Connection (refused|timed out|reset|closed)|No route to host|Network is un|Broken pipe|[Tt]imed out|timeout|unexpectedly closed|kex_exchange|not responding/,
    "CARRIER_UNREACHABLE",
    "it cannot be reached, or the connection broke; check host, port and network",
  ],
];

/** What that is to our callers. */
export function farError(place: string, { program, code, said }: Ended): CausewayError {
  const lines = said.split("\n").map((line) => line.trim());
  for (const [pattern, carrierCode, what] of meanings) {
    const line = lines.find((each) => pattern.test(each));
    if (line === undefined) continue;
    return new CarrierError(carrierCode, `${place}: ${what} (${line.slice(0, 300)}).`);
  }
  const text = `${place}: ${program} ended with ${code ?? "a signal"}`;
  return new CarrierError("CARRIER_IO", `${text} (${said.trim().slice(-400)}).`);
}

/** A file or folder of which rsync was to read is not there. */
export function isMissingThere(error: unknown): boolean {
  return error instanceof CarrierError && error.message.includes(`: ${missing} (`);
}

/** The program is not on this machine. */
export function missingProgram(program: string, cause: unknown): HostError {
  return new HostError("HOST_MISSING", `cannot start ${program}: install it.`, { cause });
}
