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
  /** Up to the first line that does not follow from the one before. */
  readonly records: readonly LogRecord[];
  readonly head: LogHead;
  /** Bytes of whole lines. */
  readonly wholeBytes: number;
  /** Bytes after the last end of a line: an entry that a kill kept from being written. */
  readonly tornBytes: number;
  readonly broken: LogBreak | undefined;
}

/** Where a chain breaks first. */
export interface LogBreak {
  /** Counted from 1. Of two, one is not what was written, or one between them was taken out. */
  readonly lines: readonly [number] | readonly [number, number];
  readonly why: string;
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
    if ("why" in read) {
      broken = read;
    } else {
      records.push(read);
      head = { count: read.n, hash: read.hash };
    }
    start = end + 1;
  }
  return { records, head, wholeBytes, tornBytes, broken };
}

function readLine(line: Uint8Array, head: LogHead): LogRecord | LogBreak {
  const n = head.count + 1;
  const faulty = (why: string): LogBreak => ({ lines: [n], why });
  if (line.length > lineBytesMax) return faulty("it is too long");
  let entry: LogEntry;
  try {
    entry = decodeEntry(parseJson(line, "it"), "it");
  } catch (cause) {
    if (cause instanceof CausewayError) return faulty(cause.message);
    throw cause;
  }
  if (entry.prev !== head.hash) {
    if (head.count === 0) return faulty("it is not how a log begins");
    // A change of either looks the same: the second one's digest is all that speaks for the first.
    const why = "one of them was changed or put in, or one between them was taken out";
    return { lines: [head.count, n], why };
  }
  if (entry.n !== n) return faulty(`it has the number ${entry.n}`);
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
  if (!holdsHead(records, kept)) {
    return `line ${kept.count} is not the one that it had: it was changed, or all was written anew`;
  }
  if (kept.count + 1 < head.count) return `its head is an older one, of line ${kept.count}`;
  return undefined;
}

/** Whether that line is in the log as it was. */
function holdsHead(records: readonly LogRecord[], { count, hash }: LogHead): boolean {
  return count === 0 || records[count - 1]?.hash === hash;
}
