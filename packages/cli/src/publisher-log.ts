import type { Log } from "@causeway/publisher";
import { printable, type Terminal } from "./terminal.ts";

/** Shows the publisher's lines on the terminal. */
export function logTo(terminal: Terminal): Log {
  return ({ level, message }) => {
    if (level === "warning") terminal.warn(message);
    else terminal.say(printable(message));
  };
}
