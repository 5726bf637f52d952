import {
  Fields,
  type Instant,
  isUtcSecond,
  type Json,
  type JsonInput,
  toUtcSecond,
} from "@causeway/kernel";
import { type DnsName, isDnsName } from "./dns-name.ts";
import {
  isGuidingType,
  isValue,
  type RecordSet,
  type RecordSets,
  recordsMax,
  ttlSecondsMax,
} from "./record-set.ts";

const nameVerbs = ["lower", "restore", "retire", "move", "undo"] as const;
export type NameVerb = (typeof nameVerbs)[number];

/** What became of a change. None is known after a crash, or while the server is silent. */
export type Outcome = "made" | "refused";

/** What is known of a change before it is sent. */
export interface PlannedChange {
  readonly verb: NameVerb;
  readonly name: DnsName;
  readonly zone: DnsName;
  /** As `toNameServer` reads it. */
  readonly server: string;
  readonly who: string;
  readonly why: string;
  readonly at: Instant;
  readonly before: RecordSets;
  readonly after: RecordSets;
  /** The id of the change that this one takes back. */
  readonly undoes?: number;
  /** The TTL stays low until then. */
  readonly until?: Instant;
}

export interface ChangeRecord extends PlannedChange {
  /** Counted from 1. */
  readonly id: number;
  readonly outcome?: Outcome;
}

export const recordBytesMax = 1024 * 1024;
export const idMax = 999_999;
export const reasonLengthMax = 500;

export function encodeChange(record: ChangeRecord): JsonInput {
  const { at, until, before, after, ...rest } = record;
  const sets = (each: RecordSets): JsonInput =>
    each.map((set) => ({ ...set, values: [...set.values] }));
  return {
    _type: "causeway-name-change",
    ...rest,
    at: toUtcSecond(at),
    ...(until !== undefined && { until: toUtcSecond(until) }),
    before: sets(before),
    after: sets(after),
  };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function decodeChange(value: Json, subject: string): ChangeRecord {
  const fields = new Fields(value, subject);
  fields.matching("_type", (text): text is string => text === "causeway-name-change");
  const instant = (name: string): Instant => Date.parse(fields.matching(name, isUtcSecond));
  return {
    id: fields.integer("id", 1, idMax),
    verb: fields.matching("verb", isVerb),
    name: fields.matching("name", isDnsName),
    zone: fields.matching("zone", isDnsName),
    server: fields.string("server", 300),
    who: fields.string("who"),
    why: fields.string("why", reasonLengthMax),
    at: instant("at"),
    before: decodeSets(fields, "before"),
    after: decodeSets(fields, "after"),
    ...(fields.has("undoes") && { undoes: fields.integer("undoes", 1, idMax) }),
    ...(fields.has("until") && { until: instant("until") }),
    ...(fields.has("outcome") && { outcome: fields.matching("outcome", isOutcome) }),
  };
}

function decodeSets(fields: Fields, name: string): RecordSets {
  return fields.objects(name, 10).map((set): RecordSet => {
    const values = set.strings("values", recordsMax);
    for (const value of values) if (!isValue(value)) set.matching("values", isNothing);
    return {
      type: set.matching("type", isGuidingType),
      ttlSeconds: set.integer("ttlSeconds", 0, ttlSecondsMax),
      values,
    };
  });
}

function isNothing(_text: string): _text is never {
  return false;
}

function isVerb(text: string): text is NameVerb {
  return nameVerbs.some((verb) => verb === text);
}

function isOutcome(text: string): text is Outcome {
  return text === "made" || text === "refused";
}
