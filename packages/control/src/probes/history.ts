import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError, type Instant } from "@causeway/kernel";
import { type ProbedUrl, type Round, type Verdict, verdicts } from "./probed.ts";
import type { MadeChange } from "./propose.ts";

/** What one URL was found to be in one round. */
export interface Sight
  extends Pick<ProbedUrl, "url" | "verdict" | "why" | "firstByteMs" | "bytesPerSecond"> {
  readonly at: Instant;
  /** The route's id. */
  readonly id: string;
}

/** How long sights are kept, and how many at most; the oldest go first. */
const historyLimits: HistoryLimits = { keptMs: 30 * 86_400_000, sightsMax: 1_000_000 };

const busyMs = 5_000; // another process writes for milliseconds
const tables = `
  CREATE TABLE IF NOT EXISTS sights (
    at INTEGER NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL, verdict TEXT NOT NULL, why TEXT,
    firstByteMs REAL, bytesPerSecond REAL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sightsByTime ON sights (at);
  CREATE TABLE IF NOT EXISTS changes (
    at INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('drain', 'restore'))
  ) STRICT;
`;

/**
 * What earlier rounds found, in one SQLite file. A round is there as a whole or not at all, whatever
 * ends the process; others may read meanwhile.
 */
export class ProbeHistory {
  readonly #file: string;
  readonly #database: DatabaseSync;

  /** @throws {HostError} `HOST_CORRUPT_STATE` when the file is no history */
  constructor(file: string) {
    this.#file = file;
    // Before SQLite makes it for all to read: it names sealed routes.
    if (!existsSync(file)) this.#try("open", () => closeSync(openSync(file, "a", 0o600)));
    this.#database = this.#try("open", () => new DatabaseSync(file, { timeout: busyMs }));
    try {
      this.#try("open", () => {
        this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        this.#database.exec(tables);
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Keeps a round, and forgets what is too old. @throws {HostError} */
  add({ at, routes }: Round, limits: HistoryLimits = historyLimits): void {
    this.#within(() => {
      const insert = this.#database.prepare("INSERT INTO sights VALUES (?, ?, ?, ?, ?, ?, ?)");
      for (const { id, urls } of routes) {
        for (const { url, verdict, why, firstByteMs, bytesPerSecond } of urls) {
          insert.run(at, id, url, verdict, why, firstByteMs, bytesPerSecond);
        }
      }
      this.#database.prepare("DELETE FROM sights WHERE at < ?").run(at - limits.keptMs);
      const tooMany = "SELECT rowid FROM sights ORDER BY rowid DESC LIMIT -1 OFFSET ?";
      this.#database
        .prepare(`DELETE FROM sights WHERE rowid IN (${tooMany})`)
        .run(limits.sightsMax);
    });
  }

  /** All since then, the oldest first; of one route if an id is given. @throws {HostError} */
  since(at: Instant, id?: string): readonly Sight[] {
    return this.#try("read", () => {
      const which =
        "SELECT * FROM sights WHERE at >= ? AND (? IS NULL OR id = ?) ORDER BY at, rowid";
      const rows = this.#database.prepare(which).all(at, id ?? null, id ?? null);
      return rows.map((row) => ({
        at: Number(row["at"]),
        id: String(row["id"]),
        url: String(row["url"]),
        verdict: toVerdict(row["verdict"]),
        why: row["why"] === null ? null : String(row["why"]),
        firstByteMs: toNumber(row["firstByteMs"]),
        bytesPerSecond: toNumber(row["bytesPerSecond"]),
      }));
    });
  }

  /** Of so many last rounds, and of all since then. @throws {HostError} */
  lastRounds(count: number, at: Instant): readonly Sight[] {
    const first = this.#try("read", () => {
      const times = "SELECT DISTINCT at FROM sights ORDER BY at DESC LIMIT ?";
      return this.#database.prepare(`SELECT MIN(at) AS first FROM (${times})`).get(count)?.[
        "first"
      ];
    });
    return this.since(Math.min(at, toNumber(first) ?? at));
  }

  /** Keeps what probes have changed. @throws {HostError} */
  addChange({ at, id, kind }: MadeChange): void {
    this.#within(() => {
      this.#database.prepare("INSERT INTO changes VALUES (?, ?, ?)").run(at, id, kind);
      this.#database.prepare("DELETE FROM changes WHERE at < ?").run(at - historyLimits.keptMs);
    });
  }

  /** What probes have changed since then, the newest first. @throws {HostError} */
  changesSince(at: Instant): readonly MadeChange[] {
    return this.#try("read", () => {
      const which = "SELECT * FROM changes WHERE at >= ? ORDER BY at DESC, rowid DESC";
      return this.#database
        .prepare(which)
        .all(at)
        .map((row) => ({
          at: Number(row["at"]),
          id: String(row["id"]),
          kind: row["kind"] === "drain" ? "drain" : "restore",
        }));
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #within(act: () => void): void {
    this.#try("write", () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        act();
        this.#database.exec("COMMIT");
      } catch (error) {
        this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #try<Value>(what: string, act: () => Value): Value {
    try {
      return act();
    } catch (cause) {
      const code = cause instanceof Error && "errcode" in cause ? cause.errcode : undefined;
      if (code !== corrupt && code !== noDatabase)
        throw toHostError(cause, `${what} ${this.#file}`);
      const text = `${this.#file} is damaged; move it away, and the history begins anew.`;
      throw new HostError("HOST_CORRUPT_STATE", text, { cause });
    }
  }
}

interface HistoryLimits {
  readonly keptMs: number;
  readonly sightsMax: number;
}

const corrupt = 11; // SQLITE_CORRUPT
const noDatabase = 26; // SQLITE_NOTADB

function toVerdict(value: unknown): Verdict {
  return verdicts.find((each) => each === value) ?? "unknown";
}

function toNumber(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
