import { randomBytes } from "node:crypto";
import { link, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, isMissing, toHostError } from "@causeway/client/internal/host-error";
import { makeFolders } from "@causeway/client/internal/make-folders";
import { syncFolder } from "@causeway/client/internal/sync-folder";
import { canonicalJson, HostError, parseJson } from "@causeway/kernel";
import {
  type ChangeRecord,
  decodeChange,
  encodeChange,
  idMax,
  type Outcome,
  type PlannedChange,
  recordBytesMax,
} from "./change-record.ts";

const modes = { folder: 0o700, file: 0o600 } as const; // whoever reads it knows how we defend

/** What was done to names, a file for each change, in a folder that is never published. */
export class NameHistory {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All changes, the oldest first. @throws {HostError} `HOST_CORRUPT_STATE` names the file */
  async read(): Promise<readonly ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    for (const id of await this.#ids()) records.push(await this.#readOne(id));
    return records;
  }

  /** Writes a change down under the next free id. It is on the disk when this resolves. @throws {HostError} */
  async add(change: PlannedChange): Promise<ChangeRecord> {
    await this.#act("make", () => makeFolders(this.#folder, modes.folder));
    const newest = (await this.#ids()).at(-1) ?? 0;
    for (let id = newest + 1; id <= idMax; id++) {
      const record = { id, ...change };
      const isOurs = await this.#write(record, async (from, to) => {
        try {
          await link(from, to); // unlike a rename it never replaces what another operator wrote
          return true;
        } catch (cause) {
          if (errnoOf(cause) === "EEXIST") return false;
          throw cause;
        } finally {
          await rm(from, { force: true });
        }
      });
      if (isOurs) return record;
    }
    throw new HostError("HOST_FULL", `${this.#folder} has no free number for another change.`);
  }

  /** Writes down what became of a change. @throws {HostError} */
  async settle(record: ChangeRecord, outcome: Outcome): Promise<ChangeRecord> {
    const settled = { ...record, outcome };
    await this.#write(settled, async (from, to) => {
      await rename(from, to);
      return true;
    });
    return settled;
  }

  async #write(
    record: ChangeRecord,
    place: (from: string, to: string) => Promise<boolean>,
  ): Promise<boolean> {
    const to = this.#file(record.id);
    const from = `${to}.${randomBytes(6).toString("hex")}`;
    return this.#act("write to", async () => {
      const handle = await open(from, "wx", modes.file);
      try {
        await handle.writeFile(canonicalJson(encodeChange(record)));
        await handle.sync();
      } finally {
        await handle.close();
      }
      const isPlaced = await place(from, to);
      await syncFolder(this.#folder);
      return isPlaced;
    });
  }

  async #readOne(id: number): Promise<ChangeRecord> {
    const file = this.#file(id);
    const bytes = await this.#act("read", async () => {
      const { size } = await stat(file);
      return size > recordBytesMax ? undefined : await readFile(file);
    });
    try {
      const record = bytes === undefined ? undefined : decodeChange(parseJson(bytes, file), file);
      if (record?.id === id) return record;
    } catch (cause) {
      throw damaged(file, cause);
    }
    throw damaged(file);
  }

  async #ids(): Promise<readonly number[]> {
    const names = await this.#act("list", async () => {
      try {
        return await readdir(this.#folder);
      } catch (cause) {
        if (isMissing(cause)) return [];
        throw cause;
      }
    });
    const ids = names.map((name) => /^([1-9]\d{0,5})\.json$/.exec(name)?.[1]);
    return ids
      .filter((id) => id !== undefined)
      .map(Number)
      .toSorted((a, b) => a - b);
  }

  #file(id: number): string {
    return join(this.#folder, `${id}.json`);
  }

  async #act<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (cause) {
      throw toHostError(cause, `${what} ${this.#folder}`);
    }
  }
}

function damaged(file: string, cause?: unknown): HostError {
  const message = `${file} is damaged; restore it from a backup, or move it away.`;
  return new HostError("HOST_CORRUPT_STATE", message, { cause });
}
