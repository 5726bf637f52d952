import { NameError, type Random } from "@causeway/kernel";
import type { Ask } from "./dig.ts";
import type { DnsAnswer } from "./dns-answer.ts";
import { type DnsName, isDnsName, siblingOf, withParents } from "./dns-name.ts";
import { type NameServer, shownServer } from "./name-server.ts";
import {
  guidingTypes,
  isValue,
  type RecordSet,
  type RecordSets,
  recordsMax,
  sameValues,
  ttlSecondsMax,
} from "./record-set.ts";

/** A zone as one of its servers has it. */
export interface Zone {
  readonly name: DnsName;
  readonly serial: number;
  /** How long a name's absence is remembered (RFC 2308 section 5). */
  readonly negativeTtlSeconds: number;
}

const parentsMax = 16; // of a name; one deeper than that is given its --zone

/**
 * The zone in which `name` is, by its SOA record.
 * @param wanted the zone's name, when it is known
 * @throws {NameError} `NAME_ZONE`, `NAME_UNREACHABLE`
 */
export async function findZone(
  ask: Ask,
  server: NameServer,
  name: DnsName,
  wanted?: DnsName,
): Promise<Zone> {
  const names = wanted === undefined ? withParents(name).slice(0, parentsMax) : [wanted];
  const answers = await ask(
    server,
    names.map((each) => ({ name: each, type: "SOA" })),
  );
  refuseSilence(server, answers);
  for (const [at, each] of names.entries()) {
    const zone = zoneIn(answers[at], each);
    if (zone !== undefined && withParents(name).includes(each)) return zone;
  }
  const what = `${shownServer(server)} has no zone ${wanted ?? `in which ${name} is`}`;
  throw new NameError("NAME_ZONE", `${what}; check --server and --zone.`);
}

/** What a server's answer to a question for its SOA record says of the zone. */
export function zoneIn(answer: DnsAnswer | undefined, name: DnsName): Zone | undefined {
  if (answer?.isAuthoritative !== true) return undefined;
  const soa = answer.answer.find((each) => each.type === "SOA" && each.owner === name);
  const [serial = "", , , , minimum = ""] = soa?.value.split(/\s+/).slice(2) ?? [];
  if (soa === undefined || !/^\d{1,10}$/.test(serial)) return undefined;
  const negativeTtlSeconds = Math.min(soa.ttlSeconds, Number(minimum));
  return { name, serial: Number(serial), negativeTtlSeconds };
}

/** The names of the servers that the zone lists. */
export async function listedServers(
  ask: Ask,
  server: NameServer,
  zone: DnsName,
): Promise<readonly DnsName[]> {
  const [answer] = await ask(server, [{ name: zone, type: "NS" }]);
  const names = answer?.answer.filter((each) => each.type === "NS").map((each) => bare(each.value));
  return (names ?? []).filter(isDnsName).toSorted();
}

/** What guides clients at a name. */
export interface NameSets {
  /** The name's own sets. */
  readonly own: RecordSets;
  /** Sets that a wildcard above it gives in its place. */
  readonly wildcard: RecordSets;
}

/**
 * The sets that guide clients, as the zone's own server has them. An update does not see what a
 * wildcard makes, so that is told apart: it is what a name has that nobody made, too.
 * @throws {NameError} `NAME_ZONE` when the name is handed to other servers; `NAME_UNREACHABLE`
 */
export async function readSets(
  ask: Ask,
  random: Random,
  server: NameServer,
  name: DnsName,
  zone: DnsName,
): Promise<NameSets> {
  const sibling = siblingOf(name, zone, random);
  const names = sibling === undefined ? [name] : [name, sibling];
  const questions = names.flatMap((each) => guidingTypes.map((type) => ({ name: each, type })));
  const answers = await ask(server, questions);
  refuseSilence(server, answers);
  const sets = setsOf(server, name, answers.slice(0, guidingTypes.length));
  const beside =
    sibling === undefined ? [] : setsOf(server, sibling, answers.slice(guidingTypes.length));
  const isMade = (set: RecordSet): boolean => {
    return beside.some((each) => sameValues([each], [set]));
  };
  return { own: sets.filter((set) => !isMade(set)), wildcard: sets.filter(isMade) };
}

/** The sets in the answers to questions for each guiding type. @throws {NameError} */
function setsOf(server: NameServer, name: DnsName, answers: readonly DnsAnswer[]): RecordSets {
  return answers.flatMap((answer, at) => {
    if (!answer.isAuthoritative || !["NOERROR", "NXDOMAIN"].includes(answer.status ?? "")) {
      const said = answer.status === "NOERROR" ? "hands it to other servers" : `${answer.status}`;
      const what = `${shownServer(server)} does not answer for ${name} itself (${said})`;
      throw new NameError("NAME_ZONE", `${what}; name the server that does with --server.`);
    }
    const type = guidingTypes[at];
    const set = type === undefined ? undefined : setIn(answer, name, type, server);
    return set === undefined ? [] : [set];
  });
}

function setIn(
  { answer }: DnsAnswer,
  name: DnsName,
  type: RecordSet["type"],
  server: NameServer,
): RecordSet | undefined {
  const records = answer.filter((each) => each.owner === name && each.type === type);
  const [first] = records;
  if (first === undefined) return undefined;
  const values = records.map((each) => each.value).toSorted();
  const { ttlSeconds } = first;
  if (records.length > recordsMax || ttlSeconds > ttlSecondsMax || !values.every(isValue)) {
    const what = `${shownServer(server)} gave ${type} records of ${name} that cannot be kept.`;
    throw new NameError("NAME_REFUSED", what);
  }
  return { type, ttlSeconds, values };
}

/** @throws {NameError} `NAME_UNREACHABLE` when some question had no answer */
function refuseSilence(server: NameServer, answers: readonly DnsAnswer[]): void {
  if (answers.every((each) => each.status !== undefined)) return;
  const what = `${shownServer(server)} does not answer; check it, and the network.`;
  throw new NameError("NAME_UNREACHABLE", what);
}

function bare(text: string): string {
  return text.toLowerCase().replace(/\.$/, "");
}
