import type { RepositoryId } from "@causeway/kernel";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type Question,
  type SrvAnswer,
  type StringAnswer,
  type TxtAnswer,
} from "dns-packet";

/** What a machine tells of itself: where it serves which repository, and nothing else. */
export interface Told {
  /** Names this telling alone; drawn anew each time, so that it follows no machine around. */
  readonly name: string;
  readonly port: number;
  readonly repository: RepositoryId;
}

/** Somebody who says that they serve a repository. */
export interface Heard {
  readonly name: string;
  readonly port: number;
  /** It is over (RFC 6762 section 10.1). */
  readonly isGoodbye: boolean;
}

const service = "_causeway._tcp.local";
const services = "_services._dns-sd._udp.local"; // RFC 6763 section 9
const ttl = 120; // seconds; RFC 6762 section 10
const legacyTtl = 10; // section 6.7: who asks from another port keeps no watch on us
/** Section 17: no longer message is in use; whoever sends one means nothing good. */
export const messageBytesMax = 9_000;
const recordsMax = 64; // ours has five
const questionsMax = 16;

/** @returns undefined for what is no message, or too long for one */
export function readMessage(bytes: Buffer): DecodedPacket | undefined {
  if (bytes.length > messageBytesMax) return undefined;
  try {
    return decode(bytes);
  } catch {
    return undefined; // made by whoever is on the network
  }
}

/** Asks who serves any repository: which one is wanted is nobody's business. */
export function question(): Buffer {
  return encode({ type: "query", questions: [{ name: service, type: "PTR" }] });
}

/**
 * The answer to what was asked; undefined when nothing of it is ours to answer, or whoever asks
 * knows it (RFC 6762 section 7.1).
 * @param address our own, where it was asked
 * @param isLegacy it came from another port than mDNS's: answered as plain DNS is (section 6.7)
 */
export function answerTo(
  asked: DecodedPacket,
  told: Told,
  address: string,
  isLegacy: boolean,
): Buffer | undefined {
  if (asked.type !== "query") return undefined;
  const questions = (asked.questions ?? []).slice(0, questionsMax);
  const all = recordsOf(told, address);
  const known = (asked.answers ?? []).slice(0, recordsMax);
  const answers = all.filter((record) => {
    return questions.some((each) => isAskedFor(record, each)) && !isKnown(record, known);
  });
  if (answers.length === 0) return undefined;
  const others = all.filter((record) => !answers.includes(record));
  if (!isLegacy) return response({ answers, others });
  const plain = (records: readonly OwnRecord[]): readonly OwnRecord[] => {
    return records.map((record) => ({ ...record, flush: false, ttl: legacyTtl }));
  };
  const [first] = questions;
  return response({
    answers: plain(answers),
    others: plain(others),
    id: asked.id ?? 0,
    ...(first && { questions: [{ name: first.name, type: first.type, class: "IN" }] }),
  });
}

/** Told unasked: that somebody is there, or, as a goodbye, that they are not any more. */
export function announcement(told: Told, address: string, isGoodbye = false): Buffer {
  const answers = recordsOf(told, address);
  if (!isGoodbye) return response({ answers, others: [] });
  return response({ answers: answers.map((record) => ({ ...record, ttl: 0 })), others: [] });
}

/**
 * Those in a message who serve the repository at `sender`. An answer counts for the machine that
 * sent it alone: nobody has us ask a third one.
 */
export function heardIn(
  message: DecodedPacket,
  sender: string,
  repository: RepositoryId,
): readonly Heard[] {
  if (message.type !== "response") return [];
  const records = [...(message.answers ?? []), ...(message.additionals ?? [])].slice(0, recordsMax);
  return records.flatMap((record) => {
    if (record.type !== "SRV" || !isInstance(record.name)) return [];
    const { port, target } = record.data;
    const isOurs = records.some((each) => {
      return (
        each.type === "TXT" && isSame(each.name, record.name) && idIn(each.data) === repository
      );
    });
    const addresses = records.flatMap((each) => {
      return each.type === "A" && isSame(each.name, target) ? [each.data] : [];
    });
    if (!isOurs || !addresses.includes(sender) || !isServed(port)) return [];
    return [{ name: record.name.toLowerCase(), port, isGoodbye: record.ttl === 0 }];
  });
}

/** Ports of the system belong to others than us, but for the one of web servers. */
function isServed(port: number): boolean {
  return port === 80 || (port >= 1_024 && port <= 65_535);
}

/** Names are ours: 32 hexadecimal digits. */
function isInstance(name: string): boolean {
  return /^[0-9a-f]{32}\._causeway\._tcp\.local$/i.test(name);
}

function idIn(data: string | Buffer | readonly (string | Buffer)[]): string | undefined {
  const texts = Array.isArray(data) ? data : [data];
  const found = texts.slice(0, recordsMax).map((each) => /^id=([0-9a-f]{16})$/.exec(String(each)));
  return found.find((match) => match !== null)?.[1];
}

type OwnRecord = StringAnswer | SrvAnswer | TxtAnswer;

function recordsOf({ name, port, repository }: Told, address: string): readonly OwnRecord[] {
  const instance = `${name}.${service}`;
  const host = `${name}.local`;
  return [
    { name: service, type: "PTR", ttl, data: instance },
    { name: services, type: "PTR", ttl, data: service },
    { name: instance, type: "SRV", ttl, flush: true, data: { port, target: host } },
    { name: instance, type: "TXT", ttl, flush: true, data: [`id=${repository}`] },
    { name: host, type: "A", ttl, flush: true, data: address },
  ];
}

function isAskedFor({ name, type }: OwnRecord, asked: Question): boolean {
  const wanted: string = asked.type; // "ANY" too, which its type lacks
  return (wanted === type || wanted === "ANY") && isSame(name, asked.name);
}

function isKnown(record: OwnRecord, known: readonly Answer[]): boolean {
  return known.some((each) => {
    if (each.type !== "PTR" || record.type !== "PTR") return false;
    return isSame(each.name, record.name) && isSame(each.data, record.data) && isFresh(each.ttl);
  });
}

function isFresh(left: number | undefined): boolean {
  return (left ?? 0) >= ttl / 2;
}

/** DNS compares without regard to case (RFC 1035 section 2.3.3). */
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function response(said: {
  readonly answers: readonly OwnRecord[];
  readonly others: readonly OwnRecord[];
  readonly id?: number;
  readonly questions?: Question[];
}): Buffer {
  const { answers, others, id = 0, questions = [] } = said;
  return encode({
    type: "response",
    id,
    flags: AUTHORITATIVE_ANSWER,
    questions,
    answers: [...answers],
    additionals: [...others],
  });
}
