import { Fields, HostError, type Instant, isUtcSecond } from "@causeway/kernel";
import { signedAtField } from "@causeway/trust";
import type { SignedDocument } from "../documents/document.ts";

const behindMax = 86_400_000; // clocks of two machines that publish in turn may differ

/**
 * Refuses to sign by a clock that is over a day behind the last signing: what it signs could have
 * expired for everybody else, and the publisher's own check, by the same clock, would not see it.
 * @throws {HostError} `HOST_CLOCK`
 */
export function refuseClockBehind(timestamp: SignedDocument, now: Instant): void {
  const signed = new Fields(timestamp.signed, "timestamp.json");
  if (!signed.has(signedAtField)) return;
  const signedAt = Date.parse(signed.matching(signedAtField, isUtcSecond));
  if (now >= signedAt - behindMax) return;
  const told = (when: Instant): string => new Date(when).toISOString();
  throw new HostError(
    "HOST_CLOCK",
    `This machine's clock says ${told(now)}, but timestamp.json was signed at ${told(signedAt)}; ` +
      "set the clock. If it is right, that signing was wrong: run " +
      "`causeway keys rotate timestamp`, then publish with --clock-is-right.",
  );
}
