import { closeSync, constants, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { HostError } from "@causeway/kernel";
import { toHostError } from "./host-error.ts";

/** Held until `release` or the end of the process, whatever ends it. */
export interface FileLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Takes `file` for this process alone, or returns undefined while another one holds it. The lock
 * is a file lock of the operating system, taken by SQLite (docs/adr/0002), so a crash, even a
 * power cut, leaves none behind. Nothing else may open `file`: closing any handle of it would
 * drop the lock (POSIX). Who removes `file` while others may wait for it has to compare what it was
 * before and after.
 * @throws {HostError} `HOST_DENIED`, `HOST_FULL`, `HOST_CORRUPT_STATE` when `file` is no lock
 */
export function tryFileLock(file: string): FileLock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    if (sqliteCode(cause) === busy || wasRemoved(cause)) return undefined;
    throw lockError(cause, file);
  }
  const held = database;
  // Made anew: what somebody else put there may be a pipe, or a link that leads elsewhere.
  unlessNoteFails(() => {
    rmSync(noteOf(file), { force: true });
    writeFileSync(noteOf(file), `${process.pid}\n`, { flag: "wx" });
  });
  return {
    release() {
      if (!held.isOpen) return;
      unlessNoteFails(() => rmSync(noteOf(file), { force: true }));
      held.close();
    },
  };
}

/** Only another process's message needs the note: a full disk must not keep us from working. */
function unlessNoteFails(act: () => void): void {
  try {
    act();
  } catch {
    // Then nobody is told which process it is.
  }
}

/** The process that holds the lock, as far as it could write that down. */
export function holderOf(file: string): number | undefined {
  try {
    const text = startOf(noteOf(file)).trim();
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined; // it has not written it yet, or is letting go
  }
}

/** Of a file that may be a pipe, which nobody may ever write to, or be of any length. */
function startOf(file: string): string {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const bytes = new Uint8Array(noteLengthMax);
    return new TextDecoder().decode(bytes.subarray(0, readSync(handle, bytes)));
  } finally {
    closeSync(handle);
  }
}

const noteLengthMax = 16; // a process id and the end of its line

function noteOf(file: string): string {
  return `${file}.holder`;
}

const busy = 5; // SQLITE_BUSY

const statFailed = 1802; // SQLITE_IOERR_FSTAT

/** True when whoever had the lock removed its file between our opening it and our taking it. */
function wasRemoved(cause: unknown): boolean {
  return extendedCode(cause) === statFailed;
}

/** @returns SQLite's primary result code */
function sqliteCode(cause: unknown): number | undefined {
  const code = extendedCode(cause);
  return code === undefined ? undefined : code & 0xff;
}

function extendedCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !("errcode" in cause)) return undefined;
  return typeof cause.errcode === "number" ? cause.errcode : undefined;
}

function lockError(cause: unknown, file: string): HostError {
  switch (sqliteCode(cause)) {
    case 3: // SQLITE_PERM
    case 8: // SQLITE_READONLY
    case 14: {
      // SQLITE_CANTOPEN
      const message = `cannot write ${file}: the folder is missing, read-only or not yours.`;
      return new HostError("HOST_DENIED", message, { cause });
    }
    case 13: // SQLITE_FULL
      return new HostError("HOST_FULL", `cannot write ${file}: the disk is full.`, { cause });
    case 26: // SQLITE_NOTADB
      return new HostError("HOST_CORRUPT_STATE", `${file} is damaged; remove it.`, { cause });
    default:
      return toHostError(cause, `lock ${file}`);
  }
}
