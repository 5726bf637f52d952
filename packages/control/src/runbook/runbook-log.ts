import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FileLock, holderOf, tryFileLock } from "@causeway/client/internal/file-lock";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { makeFolders } from "@causeway/client/internal/make-folders";
import { syncFolder } from "@causeway/client/internal/sync-folder";
import { canonicalJson, Fields, HostError, type Instant, parseJson } from "@causeway/kernel";
import {
  digestOf,
  judgeHead,
  type LogChain,
  type LogHead,
  type LogRecord,
  readChain,
} from "./log-chain.ts";
import { encodeEntry, type LogEvent } from "./log-entry.ts";

const modes = { folder: 0o700, file: 0o600 } as const; // whoever reads it knows how we defend
const logBytesMax = 16 * 1024 * 1024; // over 20,000 entries
const headBytesMax = 1024;
const lockTries = 100;
const lockWaitMs = 50;

/** A log as it stands, and what is wrong with it. */
export interface LogState extends LogChain {
  readonly wrong: string | undefined;
}

/** Who makes an entry, and when. */
export interface Writer {
  readonly who: string;
  readonly now: () => Instant;
}

/**
 * What happened to one runbook: JSON lines, each with the digest of the one before, in a folder that
 * is never published. The head is kept beside it, so that a log whose end is missing is known.
 */
export class RunbookLog {
  readonly #folder: string;
  readonly #name: string;

  /** @param folder of the vendor; the log is in `runbook/` there */
  constructor(folder: string, name: string) {
    this.#folder = join(folder, "runbook");
    this.#name = name;
  }

  get file(): string {
    return this.#file("jsonl");
  }

  /** Reads it whatever it is like, also while others write. @throws {HostError} */
  async look(): Promise<LogState> {
    let kept = await this.#readHead();
    for (let tries = 0; ; tries++) {
      const chain = readChain((await this.#read(this.file, logBytesMax)) ?? new Uint8Array());
      const before = kept;
      kept = await this.#readHead();
      // Else the head is one of after the lines that were read, whose end seems to be missing.
      if (before?.hash !== kept?.hash && tries < lockTries) continue;
      if (chain.broken === undefined) return { ...chain, wrong: judgeHead(chain, kept) };
      const { lines, why } = chain.broken;
      return {
        ...chain,
        wrong: `${lines.length > 1 ? "lines" : "line"} ${lines.join(" and ")}: ${why}`,
      };
    }
  }

  /** @throws {HostError} `HOST_CORRUPT_STATE` when it is not what was written */
  async read(): Promise<readonly LogRecord[]> {
    return (await this.#whole()).records;
  }

  /** Writes one entry. It is on the disk when this resolves. @throws {HostError} */
  async append(event: LogEvent, writer: Writer): Promise<LogRecord> {
    return this.appendNext(() => event, writer);
  }

  /**
   * Writes one entry that depends on what is there, while nobody else writes.
   * @param make is given the digest of the last entry, which the new one will have
   * @throws {HostError}, and what `make` throws: then nothing is written
   */
  async appendNext(
    make: (head: LogHead, records: readonly LogRecord[]) => LogEvent | Promise<LogEvent>,
    writer: Writer,
  ): Promise<LogRecord> {
    await this.#act("make", () => makeFolders(this.#folder, modes.folder));
    const lock = await this.#lock();
    try {
      const chain = await this.#whole();
      let last: LogRecord | undefined = chain.records.at(-1);
      if (last === undefined) {
        const nonce = randomBytes(16).toString("hex");
        const begun = { what: "begun", runbook: this.#name, nonce } as const;
        last = await this.#write(begun, writer, chain);
      } else if (chain.tornBytes > 0) {
        last = await this.#write({ what: "repaired", bytes: chain.tornBytes }, writer, chain);
      }
      const now = await this.#whole();
      return await this.#write(await make(now.head, now.records), writer, now);
    } finally {
      lock.release();
    }
  }

  /** Keeps other runners away until it is released. @throws {HostError} `HOST_BUSY` */
  async takeRunner(): Promise<FileLock> {
    await this.#act("make", () => makeFolders(this.#folder, modes.folder));
    const file = this.#file("run.lock");
    const lock = tryFileLock(file);
    if (lock !== undefined) return lock;
    const pid = holderOf(file);
    const who = pid === undefined ? "another process" : `process ${pid}`;
    throw new HostError("HOST_BUSY", `${who} runs this runbook already; one is enough.`);
  }

  async #lock(): Promise<FileLock> {
    const file = this.#file("lock");
    for (let tries = 0; tries < lockTries; tries++) {
      const lock = tryFileLock(file);
      if (lock !== undefined) return lock;
      await sleep(lockWaitMs);
    }
    throw new HostError("HOST_BUSY", `another process writes to ${this.file}; try again.`);
  }

  /** @throws {HostError} `HOST_CORRUPT_STATE` */
  async #whole(): Promise<LogChain> {
    const state = await this.look();
    if (state.wrong === undefined) return state;
    const what = `${this.file} is not what was written: ${state.wrong}`;
    const message = `${what}. Find out why; restore it from a copy, or move it away to begin anew.`;
    throw new HostError("HOST_CORRUPT_STATE", message);
  }

  async #write(event: LogEvent, { who, now }: Writer, chain: LogChain): Promise<LogRecord> {
    const { count, hash } = chain.head;
    const entry = { n: count + 1, prev: hash, at: now(), who, event };
    const line = encodeEntry(entry);
    if (chain.wholeBytes + line.length + 1 > logBytesMax) {
      throw new HostError("HOST_FULL", `${this.file} is full; move it away to begin anew.`);
    }
    await this.#act("write to", async () => {
      const handle = await open(this.file, constants.O_CREAT | constants.O_RDWR, modes.file);
      try {
        if (chain.tornBytes > 0) await handle.truncate(chain.wholeBytes);
        const bytes = Buffer.concat([line, Buffer.from("\n")]);
        // A disk that becomes full takes a part, and says so with the next one.
        for (let done = 0; done < bytes.length; ) {
          const at = chain.wholeBytes + done;
          done += (await handle.write(bytes, done, bytes.length - done, at)).bytesWritten;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (count === 0) await syncFolder(this.#folder);
    });
    const head = { count: entry.n, hash: digestOf(line) };
    await this.#writeHead(head);
    return { ...entry, hash: head.hash };
  }

  async #writeHead({ count, hash }: LogHead): Promise<void> {
    const to = this.#file("head");
    const from = `${to}.new`; // whoever writes here has the lock
    await this.#act("write to", async () => {
      const handle = await open(from, "w", modes.file);
      try {
        await handle.writeFile(canonicalJson({ count, hash }));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(from, to);
      await syncFolder(this.#folder);
    });
  }

  /** @throws {HostError} `HOST_CORRUPT_STATE` */
  async #readHead(): Promise<LogHead | undefined> {
    const file = this.#file("head");
    const bytes = await this.#read(file, headBytesMax);
    if (bytes === undefined) return undefined;
    try {
      const fields = new Fields(parseJson(bytes, file), file);
      return { count: fields.integer("count", 1), hash: fields.sha256("hash") };
    } catch (cause) {
      const message = `${file} is damaged; restore it from a copy.`;
      throw new HostError("HOST_CORRUPT_STATE", message, { cause });
    }
  }

  async #read(file: string, bytesMax: number): Promise<Uint8Array | undefined> {
    try {
      const { size } = await stat(file);
      if (size <= bytesMax) return await readFile(file);
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw toHostError(cause, `read ${file}`);
    }
    throw new HostError("HOST_CORRUPT_STATE", `${file} is longer than any of its kind.`);
  }

  #file(ending: string): string {
    return join(this.#folder, `${this.#name}.${ending}`);
  }

  async #act<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (cause) {
      throw toHostError(cause, `${what} ${this.#folder}`);
    }
  }
}
