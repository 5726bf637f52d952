import * as path from "node:path";
import { asSentence, TrustError, UsageError } from "@causeway/kernel";
import {
  decodeFleetTicket,
  type FleetTicket,
  fleetTicketBytesMax,
} from "../routes/fleet-ticket.ts";
import { folderStore } from "./store.ts";

/**
 * Reads the file that `causeway keys fleet-ticket` wrote for a customer, for `openClient`.
 * @throws {UsageError} `USAGE_ARGUMENT` there is none, or it is something else
 * @throws {HostError}
 */
export async function readFleetTicket(file: string): Promise<FleetTicket> {
  const whole = path.resolve(file);
  const store = folderStore(path.dirname(whole));
  const bytes = await store.read(path.basename(whole), fleetTicketBytesMax);
  try {
    if (bytes !== undefined) return decodeFleetTicket(bytes);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const text = `${whole}: ${asSentence(cause.message)} It should be the ticket that the vendor gave.`;
    throw new UsageError("USAGE_ARGUMENT", text, { cause });
  }
  throw new UsageError("USAGE_ARGUMENT", `${whole}: there is no such file.`);
}
