import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Clock, HostError } from "@causeway/kernel";
import { hostFault } from "./host-fault.ts";

/** The process that holds a lock, as far as it could write that down. */
export interface LockHolder {
  readonly pid: number | undefined;
}

export interface LockOptions {
  /** How long to wait for another holder. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, when it turns out that somebody else holds the lock. */
  readonly onWait?: (holder: LockHolder) => void;
}

export interface FolderLock {
  /** Safe to call twice. */
  release(): void;
}

const pollMs = 50;
const busy = 5; // SQLITE_BUSY

/**
 * Holds `folder` for this process alone. The lock is a file lock of the operating system (taken
 * by SQLite), so a crash, even a power cut, leaves none behind.
 * @throws {HostError} `HOST_BUSY`, naming the holder, when it is still held after `waitMs`
 * @throws the signal's reason when it fired
 */
export async function lockFolder(folder: string, options: LockOptions): Promise<FolderLock> {
  const end = options.clock.steady() + options.waitMs;
  const holderFile = path.join(folder, "lock.holder");
  for (let asked = false; ; asked = true) {
    options.signal.throwIfAborted();
    const lock = tryLock(folder, holderFile);
    if (lock !== undefined) return lock;
    const holder = readHolder(holderFile);
    if (options.clock.steady() >= end) {
      const who = holder.pid === undefined ? "Another process" : `Process ${holder.pid}`;
      throw new HostError("HOST_BUSY", `${who} holds ${folder}; try again when it is done.`);
    }
    if (!asked) options.onWait?.(holder);
    await options.clock.sleep(pollMs, options.signal);
  }
}

function tryLock(folder: string, holderFile: string): FolderLock | undefined {
  const file = path.join(folder, "lock");
  let database: DatabaseSync | undefined;
  try {
    fs.mkdirSync(folder, { recursive: true });
    database = new DatabaseSync(file);
    database.exec("BEGIN EXCLUSIVE");
    fs.writeFileSync(holderFile, `${process.pid}\n`);
  } catch (error) {
    database?.close();
    if (sqliteCode(error) === busy) return undefined;
    throw lockFault(error, file);
  }
  const held = database;
  return {
    release() {
      if (!held.isOpen) return;
      fs.rmSync(holderFile, { force: true });
      held.close();
    },
  };
}

function readHolder(holderFile: string): LockHolder {
  try {
    const text = fs.readFileSync(holderFile, "utf8").trim();
    return { pid: /^\d{1,10}$/.test(text) ? Number(text) : undefined };
  } catch {
    return { pid: undefined }; // it has the lock, but has not written its name yet
  }
}

/** @returns SQLite's primary result code */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

function lockFault(error: unknown, file: string): HostError {
  switch (sqliteCode(error)) {
    case undefined:
      return hostFault(error, file);
    case 3: // SQLITE_PERM
    case 8: // SQLITE_READONLY
    case 14: // SQLITE_CANTOPEN
      return new HostError("HOST_DENIED", `${file}: cannot be written.`, { cause: error });
    case 13: // SQLITE_FULL
      return new HostError("HOST_FULL", `${file}: the disk is full.`, { cause: error });
    case 26: // SQLITE_NOTADB
      return new HostError("HOST_CORRUPT_STATE", `${file}: is damaged; remove it.`, {
        cause: error,
      });
    default:
      return new HostError("HOST_IO", `${file}: cannot be locked (${String(error)}).`, {
        cause: error,
      });
  }
}
