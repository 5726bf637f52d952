import {
  Fields,
  type Instant,
  isSha256,
  isUtcSecond,
  type Json,
  type JsonInput,
  malformed,
  type Sha256,
  toUtcSecond,
} from "@causeway/kernel";

/** Something that happened to a runbook. */
export type LogEvent =
  /** The first of each log. `nonce` makes its digest unlike that of any other log's. */
  | { readonly what: "begun"; readonly runbook: string; readonly nonce: string }
  /** Who may approve is another list than it was. */
  | { readonly what: "approvers"; readonly before: JsonInput; readonly after: JsonInput }
  | (StepEvent & {
      readonly what: "approval";
      readonly by: string;
      readonly key: string;
      /** Over what `approvalMessage` makes, in hexadecimal digits. */
      readonly signature: string;
    })
  /** It is about to be done. Without an outcome behind it nobody knows whether it was. */
  | (StepEvent & {
      readonly what: "intent";
      readonly verb: string;
      readonly why: string;
      readonly approvedBy: readonly string[];
    })
  | (StepEvent & { readonly what: "done"; readonly before: JsonInput; readonly after: JsonInput })
  | (StepEvent & {
      readonly what: "failed";
      readonly code: string;
      readonly message: string;
      /** It is not tried again by itself. */
      readonly isFinal: boolean;
    })
  /** Somebody wants a step that was given up to be tried again. */
  | (StepEvent & { readonly what: "again" })
  /** A line that a kill left unfinished, and that nobody was told of, was taken away. */
  | { readonly what: "repaired"; readonly bytes: number };

interface StepEvent {
  readonly step: string;
  readonly content: Sha256;
}

/** One line of the log. */
export interface LogEntry {
  /** Counted from 1. */
  readonly n: number;
  /** Digest of the line before; of the first one, zeros. */
  readonly prev: Sha256;
  readonly at: Instant;
  readonly who: string;
  readonly event: LogEvent;
}

export const lineBytesMax = 64 * 1024;
const entriesMax = 1_000_000;
const textMax = 2000;

/** One line, without its end. What was before and after is left out where it is too long. */
export function encodeEntry({ n, prev, at, who, event }: LogEntry): Uint8Array {
  const head = { _type: "causeway-runbook-entry", n, prev, at: toUtcSecond(at), who };
  const line = Buffer.from(JSON.stringify({ ...head, ...event }, readable));
  if (line.length <= lineBytesMax) return line;
  const long = `left out: ${line.length} bytes`;
  return Buffer.from(JSON.stringify({ ...head, ...event, before: long, after: long }, readable));
}

/** What a strict reader takes: whole numbers, and text without halves of characters. */
function readable(_name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" ? value.toWellFormed() : value;
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function decodeEntry(value: Json, subject: string): LogEntry {
  const fields = new Fields(value, subject);
  fields.matching("_type", (text): text is string => text === "causeway-runbook-entry");
  return {
    n: fields.integer("n", 1, entriesMax),
    prev: fields.sha256("prev"),
    at: Date.parse(fields.matching("at", isUtcSecond)),
    who: fields.string("who"),
    event: decodeEvent(fields, subject),
  };
}

function decodeEvent(fields: Fields, subject: string): LogEvent {
  const what = fields.string("what", 20);
  const sets = (): { readonly before: JsonInput; readonly after: JsonInput } => {
    return { before: plain(fields.get("before")), after: plain(fields.get("after")) };
  };
  const text = (name: string): string => fields.string(name, textMax);
  const step = (): StepEvent => {
    return { step: fields.string("step", 64), content: fields.matching("content", isSha256) };
  };
  switch (what) {
    case "begun":
      return { what, runbook: text("runbook"), nonce: text("nonce") };
    case "approvers":
      return { what, ...sets() };
    case "approval":
      return { what, ...step(), by: text("by"), key: text("key"), signature: text("signature") };
    case "intent":
      return {
        what,
        ...step(),
        verb: text("verb"),
        why: text("why"),
        approvedBy: fields.strings("approvedBy", 64),
      };
    case "done":
      return { what, ...step(), ...sets() };
    case "failed": {
      const isFinal = fields.boolean("isFinal");
      return { what, ...step(), code: text("code"), message: text("message"), isFinal };
    }
    case "again":
      return { what, ...step() };
    case "repaired":
      return { what, bytes: fields.integer("bytes", 0) };
    default:
      throw malformed(subject, `"what" is nothing that is known`);
  }
}

/** With objects as JSON.stringify writes them. What they hold is shown, and never looked up. */
function plain(value: Json | undefined): JsonInput {
  if (value instanceof Map) {
    const members = [...value].map(([name, each]) => [name, plain(each)] as const);
    return Object.fromEntries(members);
  }
  return Array.isArray(value) ? value.map(plain) : ((value as string | null | undefined) ?? null);
}
