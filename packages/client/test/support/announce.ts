import {
  type Announcement,
  announcementMessage,
  announcementText,
  encodeAnnouncement,
  type RepositoryId,
} from "@causeway/kernel";
import { repositoryIdOf } from "@causeway/trust";
import type { TestKey } from "../../../trust/test/support/test-key.ts";
import { now, type Vendor } from "./field.ts";

const hourMs = 3_600_000;

/** What a test has the announcement say; else it is good for an hour, and number 1. */
export type Said = Partial<Announcement> & { readonly key?: TestKey };

/** The code that a vendor announces, who has published a list of routes before. */
export function codeOf(vendor: Vendor, urls: readonly string[], said: Said = {}): string {
  const key = said.key ?? vendor.repository.signers.get("routes")?.[0];
  if (key === undefined) throw new Error("the test has no key of routes");
  const body = encodeAnnouncement({
    repository: repositoryIdOf(vendor.trust) as RepositoryId,
    sequence: 1,
    expires: now + hourMs,
    urls,
    ...said,
  });
  return announcementText(body, Buffer.from(key.sign(announcementMessage(body)), "hex"));
}
