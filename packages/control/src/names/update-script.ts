import type { DnsName } from "./dns-name.ts";
import type { NameServer } from "./name-server.ts";
import { guidingTypes, type RecordSets, sameSets } from "./record-set.ts";

/** One change of a name: nothing is done unless `before` is what is there. */
export interface Update {
  readonly server: NameServer;
  readonly zone: DnsName;
  readonly name: DnsName;
  readonly before: RecordSets;
  readonly after: RecordSets;
}

/** Types beside which no CNAME may stand, and which a server would keep instead of it, silently. */
const besideNoAlias = ["TXT", "MX", "CAA", "SRV", "NS"] as const;

/**
 * The change as `nsupdate` reads it. Prerequisites (RFC 2136 section 2.4) say which sets have to be
 * there, to the record, and which must not; a TTL cannot be one.
 */
export function updateScript({ server, zone, name, before, after }: Update): string {
  const lines = [`server ${server.host} ${server.port}`, `zone ${zone}.`];
  for (const type of guidingTypes) {
    const set = before.find((each) => each.type === type);
    if (set === undefined) lines.push(`prereq nxrrset ${name}. ${type}`);
    for (const value of set?.values ?? []) {
      lines.push(`prereq yxrrset ${name}. ${type} ${value}`);
    }
  }
  if (after.some((set) => set.type === "CNAME")) {
    for (const type of besideNoAlias) lines.push(`prereq nxrrset ${name}. ${type}`);
  }
  for (const set of before) {
    if (!isIn(after, set)) lines.push(`update delete ${name}. ${set.type}`);
  }
  for (const set of after) {
    if (isIn(before, set)) continue;
    for (const value of set.values) {
      lines.push(`update add ${name}. ${set.ttlSeconds} ${set.type} ${value}`);
    }
  }
  return `${lines.join("\n")}\nsend\n`;
}

function isIn(sets: RecordSets, set: RecordSets[number]): boolean {
  const same = sets.find((each) => each.type === set.type);
  return same !== undefined && sameSets([same], [set]);
}
