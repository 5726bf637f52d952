import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { HostError } from "@causeway/kernel";
import { toHostError } from "./host-error.ts";

/** Held until `release` or the end of the process, whatever ends it. */
export interface Lock {
  release(): void;
}

const sqliteBusy = 5;
const sqliteReadOnly = 8;
const sqliteCannotOpen = 14;

/**
 * Takes the vendor folder for one writer. The lock is SQLite's file lock, which the operating
 * system lets go when the process ends; so a crash leaves none behind. Nothing else may open
 * `file`: closing any handle of it would drop the lock (POSIX).
 * @throws {HostError} `HOST_BUSY`, naming the holder
 */
export function takeLock(file: string): Lock {
  const holder = `${file}.pid`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    throw lockError(cause, file, holder);
  }
  const held = database;
  try {
    writeFileSync(holder, `${process.pid}\n`);
  } catch {
    // Only the message of another process needs it; a full disk must not keep us from working.
  }
  return {
    release(): void {
      if (!held.isOpen) return;
      rmSync(holder, { force: true });
      held.close();
    },
  };
}

function lockError(cause: unknown, file: string, holder: string): HostError {
  const code = cause instanceof Error && "errcode" in cause ? cause.errcode : undefined;
  if (code === sqliteBusy) {
    const pid = readHolder(holder);
    const who = pid === undefined ? "another process" : `process ${pid}`;
    const message = `${who} is working on this vendor folder; wait for it, then run this again.`;
    return new HostError("HOST_BUSY", message, { cause });
  }
  if (code === sqliteCannotOpen || code === sqliteReadOnly) {
    const message = `cannot write ${file}: the folder is read-only, full or not yours.`;
    return new HostError("HOST_DENIED", message, { cause });
  }
  return toHostError(cause, `lock ${file}`);
}

function readHolder(file: string): string | undefined {
  try {
    return /^\d{1,10}$/m.exec(readFileSync(file, "utf8"))?.[0];
  } catch {
    return undefined; // the holder has not written it yet, or is letting go
  }
}
