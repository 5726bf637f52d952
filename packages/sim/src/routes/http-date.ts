import type { Instant } from "@causeway/kernel";

/** An IMF-fixdate (RFC 9110 section 5.6.7). */
export function httpDate(instant: Instant): string {
  return new Date(instant).toUTCString();
}
