import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import type { Hashes } from "@causeway/trust";

/** What lies in a mirror's tree, as it is on the disk. */
export class TreeFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All files below `metadata/` and `targets/`, with `/` between parts. @throws {HostError} */
  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for (const area of ["metadata", "targets"]) {
      for (const entry of await this.#entries(area)) {
        if (entry.isDirectory()) continue;
        const path = join(entry.parentPath, entry.name).slice(this.#folder.length + 1);
        names.push(path.replaceAll("\\", "/"));
      }
    }
    return names;
  }

  /** The length of a plain file; undefined when there is none. @throws {HostError} */
  async length(name: string): Promise<number | undefined> {
    try {
      const stats = await lstat(join(this.#folder, name));
      return stats.isFile() ? stats.size : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toHostError(error, `look at ${join(this.#folder, name)}`);
    }
  }

  /** Reads all of it. @throws {HostError}; the signal's reason */
  async has(name: string, hashes: Hashes, signal: AbortSignal): Promise<boolean> {
    const path = join(this.#folder, name);
    const checks = [...hashes].map(([algorithm, digest]) => {
      return { hash: createHash(algorithm), digest };
    });
    try {
      for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
        for (const { hash } of checks) hash.update(bytes);
        signal.throwIfAborted();
      }
    } catch (error) {
      signal.throwIfAborted();
      throw toHostError(error, `read ${path}`);
    }
    return checks.every(({ hash, digest }) => hash.digest("hex") === digest);
  }

  /** Removes the file, and folders that are empty then. @throws {HostError} */
  async remove(name: string): Promise<void> {
    const path = join(this.#folder, name);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw toHostError(error, `remove ${path}`);
    }
    const targets = join(this.#folder, "targets");
    for (let folder = dirname(path); folder.length > targets.length; folder = dirname(folder)) {
      if (!(await isRemoved(folder))) return;
    }
  }

  async #entries(area: string): ReturnType<typeof readFolder> {
    const folder = join(this.#folder, area);
    try {
      return await readFolder(folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw toHostError(error, `list ${folder}`);
    }
  }
}

function readFolder(folder: string) {
  return readdir(folder, { recursive: true, withFileTypes: true });
}

/** False while something is in it. */
async function isRemoved(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch {
    return false;
  }
}
