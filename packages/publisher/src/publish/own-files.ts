import { join } from "node:path";
import { CausewayError, HostError } from "@causeway/kernel";
import { digestOfFile } from "../disk/digest.ts";
import { fileLength, makeFolder, moveDurably, scratchName } from "../disk/files.ts";
import type { Log } from "../log.ts";
import type { Carrier } from "./carrier.ts";
import type { TreeFile } from "./tree.ts";

/**
 * The files of the repository itself, which carriers are filled from. One that is not what was
 * signed is replaced by a carrier's good copy, if there is any.
 */
export class OwnFiles {
  readonly #repository: string;
  readonly #carriers: readonly Carrier[];
  readonly #log: Log;
  readonly #looks = new Map<string, Promise<boolean>>(); // several carriers may lack the same file
  readonly #lost: string[] = [];
  #bytes = 0;

  constructor(repository: string, carriers: readonly Carrier[], log: Log) {
    this.#repository = repository;
    this.#carriers = carriers;
    this.#log = log;
  }

  /** Bytes that were restored. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What to do about the files that no carrier could restore, if there are any. */
  get fault(): HostError | undefined {
    const [first, ...others] = this.#lost;
    if (first === undefined) return undefined;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return damaged(`${first}${more}`);
  }

  path(file: TreeFile): string {
    return join(this.#repository, file.path);
  }

  /**
   * Reads the whole file, and restores it if it has to.
   * @throws {HostError} `HOST_CORRUPT_STATE` when no carrier has a good copy either
   */
  async ensure(file: TreeFile): Promise<void> {
    let look = this.#looks.get(file.path);
    if (look === undefined) {
      look = this.#look(file);
      this.#looks.set(file.path, look);
    }
    if (!(await look)) throw damaged(this.path(file));
    this.#looks.delete(file.path);
  }

  async #look(file: TreeFile): Promise<boolean> {
    const path = this.path(file);
    const isThere = (await fileLength(path)) === file.length;
    if (isThere && (await digestOfFile(path)) === file.sha256) return true;
    for (const carrier of this.#carriers) {
      if (!(await this.#restore(file, carrier))) continue;
      const message = `${path} was damaged; it was restored from ${carrier.id}.`;
      this.#log({ level: "warning", message });
      return true;
    }
    this.#lost.push(path);
    return false;
  }

  async #restore(file: TreeFile, carrier: Carrier): Promise<boolean> {
    const incoming = join(this.#repository, ".incoming");
    await makeFolder(incoming);
    const scratch = scratchName(incoming, file.path);
    try {
      if (!(await carrier.fetch(file, scratch))) return false;
    } catch (error) {
      // Its own run tells what is wrong with it; another may have the file.
      if (error instanceof CausewayError && error.code !== "INTERRUPTED") return false;
      throw error;
    }
    await moveDurably(scratch, this.path(file));
    this.#bytes += file.length;
    return true;
  }
}

function damaged(what: string): HostError {
  const text = `${what} is damaged, and no carrier has a good copy; restore it from a backup.`;
  return new HostError("HOST_CORRUPT_STATE", text);
}
