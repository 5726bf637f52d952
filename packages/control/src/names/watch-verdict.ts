import type { DnsAnswer, DnsRecord } from "./dns-answer.ts";
import type { DnsName } from "./dns-name.ts";
import { isGuidingType } from "./record-set.ts";
import { zoneIn } from "./zone.ts";

/** What one server says of a zone, of a retired name, and of one beside it that nobody made. */
export interface Sight {
  readonly server: string;
  /** One of the zone's own servers, or a resolver that somebody's customers use. */
  readonly kind: "authority" | "resolver";
  readonly soa: DnsAnswer;
  readonly name: readonly DnsAnswer[];
  /** Empty for a name that is the zone itself. */
  readonly sibling: readonly DnsAnswer[];
}

/** Why a name is not gone, or not surely. */
export type Finding =
  /** It is there. `isWildcard`: so is every name beside it. */
  | {
      readonly kind: "answers";
      readonly server: string;
      readonly isWildcard: boolean;
      readonly records: readonly string[];
    }
  /** It is handed to other servers, who may say of it what they like. */
  | { readonly kind: "delegated"; readonly server: string; readonly records: readonly string[] }
  /** The server still has an older zone than another one. */
  | {
      readonly kind: "lagging";
      readonly server: string;
      readonly serial: number;
      readonly newest: number;
    }
  /** It gave no answer that tells; `status` says which, undefined where there was none at all. */
  | { readonly kind: "failed"; readonly server: string; readonly status: string | undefined };

/** Whatever keeps a retired name from being gone at these servers; none when it is. */
export function judgeSights(
  name: DnsName,
  zone: DnsName,
  sights: readonly Sight[],
): readonly Finding[] {
  const serials = sights.flatMap((each) => zoneIn(each.soa, zone)?.serial ?? []);
  const newest = serials.reduce((a, b) => (isNewer(b, a) ? b : a), serials[0] ?? 0);
  return sights.flatMap((sight) => [
    ...findingsOf(name, zone, sight),
    ...lagOf(sight, zone, newest),
  ]);
}

function findingsOf(name: DnsName, zone: DnsName, sight: Sight): readonly Finding[] {
  const { server, kind, name: answers, sibling } = sight;
  const handed = answers.flatMap((each) => delegationIn(each, zone));
  if (handed.length > 0) return [{ kind: "delegated", server, records: linesOf(handed) }];
  const failed = answers.find((each) => {
    const isAnswer = each.status === "NOERROR" || each.status === "NXDOMAIN";
    return !isAnswer || (kind === "authority" && !each.isAuthoritative);
  });
  const records = answers.flatMap(guidesIn);
  if (records.length > 0) {
    const isWildcard = sibling.length > 0 && sameGuides(records, name, sibling.flatMap(guidesIn));
    return [{ kind: "answers", server, isWildcard, records: linesOf(records) }];
  }
  if (failed === undefined) return [];
  const isLame = failed.status === "NOERROR" || failed.status === "NXDOMAIN";
  return [{ kind: "failed", server, status: isLame ? "not authoritative" : failed.status }];
}

function lagOf({ server, kind, soa }: Sight, zone: DnsName, newest: number): readonly Finding[] {
  const serial = zoneIn(soa, zone)?.serial;
  if (kind === "resolver" || serial === undefined || serial === newest) return [];
  return [{ kind: "lagging", server, serial, newest }];
}

/** Serial numbers go round (RFC 1982 section 3.2). */
function isNewer(a: number, b: number): boolean {
  const ahead = (a - b) >>> 0;
  return ahead > 0 && ahead < 0x8000_0000;
}

/** NS records below the zone: of the name, or of one above it. */
function delegationIn({ answer, authority }: DnsAnswer, zone: DnsName): readonly DnsRecord[] {
  return [...answer, ...authority].filter(
    (each) => each.type === "NS" && each.owner.endsWith(`.${zone}`),
  );
}

function guidesIn({ answer }: DnsAnswer): readonly DnsRecord[] {
  return answer.filter((each) => isGuidingType(each.type));
}

function sameGuides(
  records: readonly DnsRecord[],
  name: DnsName,
  sibling: readonly DnsRecord[],
): boolean {
  const beside = new Set(sibling.map(({ type, value }) => `${type} ${value}`));
  const own = records.filter((each) => each.owner === name);
  return own.some(({ type, value }) => beside.has(`${type} ${value}`));
}

function linesOf(records: readonly DnsRecord[]): readonly string[] {
  return [
    ...new Set(
      records.map((each) => `${each.owner} ${each.ttlSeconds} ${each.type} ${each.value}`),
    ),
  ];
}
