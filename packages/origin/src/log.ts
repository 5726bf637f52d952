import { constants, fstatSync, openSync, write } from "node:fs";

export type LogLevel = "info" | "warn" | "error";

/** Something that an operator may want to know; never a request that went well. */
export interface LogEntry {
  readonly level: LogLevel;
  /** Stable, as `worker-died`. */
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Must return at once: it is called while requests wait. */
export type Log = (entry: LogEntry) => void;

const fieldLengthMax = 256;
const waitingLinesMax = 1_000;
const retryMs = 20;
const stuckMs = 1_000; // a reader that only fell behind takes something within that

/**
 * One line of printable ASCII holding one JSON object, whatever is in the fields: no header or
 * URL can begin a line of its own, move a terminal's cursor, or reorder what is shown.
 */
export function logLine(entry: LogEntry, instant: number): string {
  const { level, event, fields } = entry;
  const shown = Object.entries(fields).map(([name, value]) => {
    return [name, typeof value === "string" ? value.slice(0, fieldLengthMax) : value] as const;
  });
  const time = new Date(instant).toISOString();
  return JSON.stringify({ time, level, event, ...Object.fromEntries(shown) }).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * A log that writes lines to an open file descriptor, one write at a time, off the event loop.
 * When whoever reads it falls behind, lines are dropped and counted rather than waited for
 * (`process.stderr` would block the process on a full pipe).
 */
export function descriptorLog(inherited: number): Log {
  const descriptor = unblocked(inherited);
  let waiting: string[] = [];
  let dropped = 0;
  let writing = false;
  const writeNext = (): void => {
    if (writing || waiting.length === 0) return;
    const lines = waiting;
    waiting = [];
    if (dropped > 0) {
      const entry = { level: "warn", event: "log-lines-dropped", fields: { dropped } } as const;
      lines.push(logLine(entry, Date.now()));
      dropped = 0;
    }
    writing = true;
    writeAll(descriptor, Buffer.from(`${lines.join("\n")}\n`), () => {
      writing = false;
      writeNext();
    });
  };
  return (entry) => {
    if (waiting.length >= waitingLinesMax) {
      dropped++;
      return;
    }
    waiting.push(logLine(entry, Date.now()));
    writeNext();
  };
}

/**
 * The same pipe or terminal, opened anew so that writes to it never wait: one that waits holds a
 * thread of the disk's pool, and the process when that is told to end. What was inherited stays as
 * it is, since others write to it, too.
 */
function unblocked(descriptor: number): number {
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return descriptor;
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/dev/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return descriptor; // on a system that has no /dev/fd
  }
}

/** Calls `done` also after a failure: a log that cannot be written must not stop the service. */
function writeAll(descriptor: number, bytes: Buffer, done: () => void, waitedMs = 0): void {
  write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
    if (error?.code === "EAGAIN") {
      const again = (): void => writeAll(descriptor, bytes, done, waitedMs + retryMs);
      const timer = setTimeout(again, retryMs);
      if (waitedMs > stuckMs) timer.unref(); // nor does it keep a process that has ended
    } else if (error === null && written < bytes.length) {
      writeAll(descriptor, bytes.subarray(written), done);
    } else done();
  });
}

/** Passes at most `perSecondMax` entries a second; the next one says how many it held back. */
export function throttledLog(log: Log, perSecondMax: number): Log {
  let second = 0;
  let passed = 0;
  let heldBack = 0;
  return (entry) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      second = now;
      passed = 0;
    }
    if (passed >= perSecondMax) {
      heldBack++;
      return;
    }
    passed++;
    const fields = heldBack > 0 ? { ...entry.fields, heldBack } : entry.fields;
    heldBack = 0;
    log({ ...entry, fields });
  };
}
