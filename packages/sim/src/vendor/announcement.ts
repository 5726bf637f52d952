import {
  announcementMessage,
  announcementText,
  encodeAnnouncement,
  type Instant,
  type RepositoryId,
} from "@causeway/kernel";
import { shardKeyOf } from "./shard-key.ts";
import type { VendorKey } from "./vendor-key.ts";

/** What a code says. */
export interface Said {
  readonly repository: RepositoryId;
  readonly sequence: number;
  readonly expires: Instant;
  readonly hosts: readonly string[];
  readonly shards: readonly number[];
}

/** The code, signed by a key of the vendor or by somebody else's. */
export function announcementCode(
  { repository, sequence, expires, hosts, shards }: Said,
  key: VendorKey,
): string {
  const urls = hosts.map((host) => `http://${host}/`);
  const shardKeys = shards.map(shardKeyOf);
  const more = shardKeys.length > 0 && { shardKeys };
  const body = encodeAnnouncement({ repository, sequence, expires, urls, ...more });
  const signature = Buffer.from(key.sign(announcementMessage(body)), "hex");
  return announcementText(body, signature);
}
