import { type SigningKey, ticketHeader } from "../shield/ticket.ts";

/**
 * The lines of HAProxy's map from a ticket's first part to the secret that signed it. An HAProxy
 * so reads no JSON before the signature holds, and no ticket can choose its algorithm: the whole
 * header is one of the few that our keys sign with (RFC 8725 section 3.1).
 */
export function keyMapLines(keys: readonly SigningKey[]): readonly string[] {
  return keys.map(({ kid, secret }) => `${ticketHeader(kid)} ${secret}`);
}
