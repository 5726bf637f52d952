import { createHash } from "node:crypto";
import { CausewayError, parseJson, type Sha256 } from "@causeway/kernel";
import { decodeEntry, type LogEntry, lineBytesMax } from "./log-entry.ts";

/** Where a log ends: what tells any shortened or rewritten one from it. */
export interface LogHead {
  /** Lines. */
  readonly count: number;
  /** Digest of the last one; of none, zeros. */
  readonly hash: Sha256;
}

/** A line of the log, and its digest, which the next one has. */
export interface LogRecord extends LogEntry {
  readonly hash: Sha256;
}

/** What the bytes of a log are. */
export interface LogChain {
  /** Up to the first broken line. */
  readonly records: readonly LogRecord[];
  readonly head: LogHead;
  /** Bytes of whole lines. */
  readonly wholeBytes: number;
  /** Bytes after the last end of a line: an entry that a kill kept from being written. */
  readonly tornBytes: number;
  /** The first line that does not follow from the one before, counted from 1. */
  readonly broken: { readonly line: number; readonly why: string } | undefined;
}

const emptyHead: LogHead = { count: 0, hash: "0".repeat(64) as Sha256 };

const lineEnd = 0x0a;

/** Follows the chain from its start. */
export function readChain(bytes: Uint8Array): LogChain {
  const wholeBytes = bytes.lastIndexOf(lineEnd) + 1;
  const tornBytes = bytes.length - wholeBytes;
  const records: LogRecord[] = [];
  let head = emptyHead;
  let broken: LogChain["broken"];
  for (let start = 0; start < wholeBytes && broken === undefined; ) {
    const end = bytes.indexOf(lineEnd, start);
    const line = bytes.subarray(start, end);
    const read = readLine(line, head);
    if (typeof read === "string") {
      broken = { line: head.count + 1, why: read };
    } else {
      records.push(read);
      head = { count: read.n, hash: read.hash };
    }
    start = end + 1;
  }
  return { records, head, wholeBytes, tornBytes, broken };
}

/** @returns what is wrong, if something is */
function readLine(line: Uint8Array, head: LogHead): LogRecord | string {
  if (line.length > lineBytesMax) return "it is too long";
  let entry: LogEntry;
  try {
    entry = decodeEntry(parseJson(line, "it"), "it");
  } catch (cause) {
    if (cause instanceof CausewayError) return cause.message;
    throw cause;
  }
  if (entry.prev !== head.hash) return "it does not have the digest of the line before";
  if (entry.n !== head.count + 1) return `it has the number ${entry.n}`;
  return { ...entry, hash: digestOf(line) };
}

export function digestOf(line: Uint8Array): Sha256 {
  return createHash("sha256").update(line).digest("hex") as Sha256;
}

/**
 * Whether a log still holds what it held when its head was written down.
 * @param kept undefined when there is none
 * @returns what is wrong, if something is
 */
export function judgeHead(
  { records, head }: LogChain,
  kept: LogHead | undefined,
): string | undefined {
  // The head follows each line at once, so that a kill leaves it one behind.
  if (kept === undefined) {
    return head.count > 1 ? "the head that is kept beside it is missing" : undefined;
  }
  if (kept.count > head.count) {
    return `its end is missing: it has ${head.count} lines, and had ${kept.count}`;
  }
  if (!holdsHead(records, kept)) return "its lines are not those that it had: it was written anew";
  if (kept.count + 1 < head.count) return `its head is an older one, of line ${kept.count}`;
  return undefined;
}

/** Whether that line is in the log as it was. */
function holdsHead(records: readonly LogRecord[], { count, hash }: LogHead): boolean {
  return count === 0 || records[count - 1]?.hash === hash;
}
