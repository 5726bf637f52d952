import type { Instant } from "@causeway/kernel";
import type { TicketKey } from "./ticket-key-file.ts";

/** By then all origins and edges of the vendor have a new key, however it is brought to them. */
export const keySpreadMs = 300_000;

/**
 * The key that signs now: the one that an operator has named; else the newest that has had its time
 * to spread. Where none has had it, the oldest, which most have: the first key of all, or the one
 * before the last in a hurry.
 */
export function signingKey<Key extends Pick<TicketKey, "createdAt" | "signsUntil">>(
  keys: readonly Key[],
  now: Instant,
): Key | undefined {
  let newest: Key | undefined;
  let oldest: Key | undefined;
  for (const key of keys) {
    if (key.signsUntil !== undefined && key.signsUntil > now) return key;
    const isReady = key.createdAt + keySpreadMs <= now;
    if (isReady && !(newest !== undefined && newest.createdAt >= key.createdAt)) newest = key;
    if (oldest === undefined || key.createdAt <= oldest.createdAt) oldest = key;
  }
  return newest ?? oldest;
}
