import { rmSync } from "node:fs";
import { mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { HostError } from "@causeway/kernel";
import { formatBytes } from "../format.ts";

/** A temporary folder that is gone afterwards, also when the process is made to exit. */
export class Workplace {
  readonly folder: string;
  readonly #remove: () => void;

  private constructor(folder: string, keep: boolean) {
    this.folder = folder;
    this.#remove = () => {
      if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    };
    process.once("exit", this.#remove);
  }

  /** @throws {HostError} `HOST_FULL` when less than `bytes` are free */
  static async make(bytes: number, keep: boolean): Promise<Workplace> {
    const base = tmpdir();
    const { bavail, bsize } = await statfs(base);
    if (bavail * bsize < bytes) {
      const free = formatBytes(bavail * bsize);
      throw new HostError(
        "HOST_FULL",
        `${base} has ${free} free, and the demo needs ${formatBytes(bytes)}; set TMPDIR to a larger disk.`,
      );
    }
    return new Workplace(await mkdtemp(path.join(base, "causeway-demo-")), keep);
  }

  path(...names: readonly string[]): string {
    return path.join(this.folder, ...names);
  }

  close(): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}
