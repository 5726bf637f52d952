import { type Instant, toUtcSecond } from "@causeway/kernel";
import type { Policy } from "../policy/policy.ts";
import { replaceFile } from "../replace-file.ts";
import { type FleetPromise, type FleetTicket, issueFleetTicket } from "./issue-fleet-ticket.ts";
import { keysUnder } from "./ticket-key-ring.ts";
import { readTicketKeys } from "./ticket-keys.ts";

/** What signs a ticket by hand. */
export interface FleetSigner {
  /** The file of the ticket keys. */
  readonly keyFile: string;
  /** What operators have said of them. */
  readonly policy: Pick<Policy, "revokedKeys" | "signingKey">;
}

/**
 * Writes a ticket for a customer's machines to `file` (0600), in place of what is there.
 * @throws {UsageError} `USAGE_ARGUMENT`, `KEY_MISSING`, `KEY_UNREADABLE`
 * @throws {HostError}
 */
export async function giveFleetTicket(
  file: string,
  promise: FleetPromise,
  { keyFile, policy }: FleetSigner,
  now: Instant = Date.now(),
): Promise<FleetTicket> {
  const keys = keysUnder(policy, (await readTicketKeys(keyFile)) ?? []);
  const ticket = issueFleetTicket(keys, promise, now);
  await replaceFile(file, fileOf(ticket), 0o600);
  return ticket;
}

/** A client reads the URL and the ticket; the rest is for people. */
function fileOf({ text, expires, ...rest }: FleetTicket): string {
  const members = { ...rest, expires: toUtcSecond(expires), ticket: text };
  return `${JSON.stringify({ _type: "causeway-fleet-ticket", ...members }, undefined, 2)}\n`;
}
