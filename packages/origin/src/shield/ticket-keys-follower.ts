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
export function followTicketKeys(
  file: string,
  log: Log,
  onKeys: (keys: readonly TicketKey[]) => void,
): Follower<readonly TicketKey[]> {
  let taken = "";
  return new Follower({
    stamp: () => stampIfThere(file),
    read: async () => {
      const keys = await readTicketKeys(file);
      if (keys === undefined) throw new HostError("HOST_MISSING", `${file} is not there`);
      return keys;
    },
    take: (keys) => {
      const text = JSON.stringify(keys);
      if (text === taken) return;
      taken = text;
      onKeys(keys);
      const kids = keys.map(({ kid }) => kid).join(" ");
      log({ level: "info", event: "ticket-keys-taken", fields: { kids } });
    },
    warn: ({ code, message }) => {
      log({ level: "error", event: "ticket-keys-unreadable", fields: { code, message } });
    },
  });
}
